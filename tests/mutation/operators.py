"""Small faults in a query: every mutant is the query with one fault planted, and where it was planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp, parse, parse_one
from sqlglot.optimizer.simplify import simplify

_SWAPPED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.ArgMin: exp.ArgMax,
    exp.ArgMax: exp.ArgMin,
    exp.Least: exp.Greatest,
    exp.Greatest: exp.Least,
}
_ROW_ADDRESS = 4294967296  # file_id * 4294967296 + line names a source row; it is no unit
Macros = dict[str, tuple[list[str], exp.Expression]]  # by name: parameters and body
Fault = tuple[str, exp.Expression] | tuple[str, exp.Expression, str, str]  # operator, new expression, in words before and after


@dataclass(frozen=True)
class Mutant:
    """One fault: where, what kind, the text before and after, and the whole query with it."""

    file: str
    line: int
    operator: str
    before: str
    after: str
    sql: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What names the fault as long as its expression stays, wherever that moves in the file."""
        return self.file, self.operator, self.before, self.after


def query_of(text: str, macros: Macros) -> exp.Expression:
    """The parsed query; with macros, their bodies stand in it in place of the calls, so that they are mutated with it."""

    def expanded(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Anonymous) or node.name.lower() not in macros:
            return node
        names, body = macros[node.name.lower()]
        given = dict(zip(names, node.expressions, strict=True))
        inlined = body.copy().transform(lambda n: _in_parentheses(given[n.name]) if n.name in given and isinstance(n, exp.Column) else n)
        # A comparator that the call fixes leaves a branch that nothing reaches; a fault in it would be no fault.
        return exp.Paren(this=simplify(inlined) if any(isinstance(each, exp.Literal) for each in node.expressions) else inlined)

    return parse_one(text, dialect="duckdb").transform(expanded)


def macros_of(file: Path) -> Macros:
    """The macros that decide something: name, parameters and body of each that holds a ``case``."""
    found = [each for each in parse(file.read_text("utf-8"), dialect="duckdb") if isinstance(each, exp.Create)]
    return {
        each.this.this.name: ([p.name for p in each.this.expressions], each.expression) for each in found if each.expression.find(exp.Case)
    }


def text_of(node: exp.Expression) -> str:
    """An expression as the engine reads it."""
    return node.sql(dialect="duckdb", comments=False)


def mutants(tree: exp.Expression, file: str, limits: Set[str]) -> Iterator[Mutant]:
    """All mutants of a query, in the order of its text; ``limits`` are the columns that hold a protocol's numbers."""
    seen = {text_of(tree)}
    for node in list(tree.walk(bfs=False)):
        for operator, new, *words in _faults(node, limits):
            line = _line(node)
            new = exp.alias_(new, node.name) if isinstance(node.parent, exp.Select) and isinstance(node, exp.Column) else new
            node.replace(new)
            sql = text_of(tree)
            new.replace(node)
            name = f" AS {node.parent.alias}" if isinstance(node.parent, exp.Alias) else ""
            before, after = words or (_shortened(node) + name, "dropped" if operator == "dropped filter" else _shortened(new))
            if sql not in seen:
                seen.add(sql)
                yield Mutant(file, line, operator, before, after, sql)


def _faults(node: exp.Expression, limits: Set[str]) -> Iterator[Fault]:
    if other := _SWAPPED.get(type(node)):
        yield "comparator" if isinstance(node, exp.Binary) else "min/max", other(**_parts(node))
    if isinstance(node, exp.And | exp.Or):
        yield "and/or", exp.Paren(this=(exp.Or if isinstance(node, exp.And) else exp.And)(**_parts(node)))
    if _is_filter(node):
        yield "dropped filter", exp.true()
    if isinstance(node, exp.Boolean):
        yield "true/false", exp.Boolean(this=not node.this)
    if isinstance(node, exp.Not):
        yield "dropped not", node.this.copy()
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        if not (
            isinstance(node.expressions[0], exp.Cast)
            and isinstance(node.parent, exp.Func)
            and "list_concat" in text_of(node.parent).lower()
        ):
            yield "coalesce", node.this.copy()  # list_concat takes a missing list for an empty one
        yield "coalesce", node.expressions[0].copy()
    if isinstance(node, exp.Join) and node.side == "LEFT":
        yield "left join", _with(node, side=None)
    if isinstance(node, exp.Mul | exp.Div) and not _is_address(node):
        yield "dropped factor", node.this.copy()
        if isinstance(node, exp.Mul):
            yield "dropped factor", node.expression.copy()
    if isinstance(node, exp.Case):
        yield from _cases(node)
    yield from (("number", new) for new in _numbers(node, limits))


def _cases(node: exp.Case) -> Iterator[Fault]:
    branches: list[exp.If] = node.args["ifs"]
    for number, branch in enumerate(branches):
        words = f"WHEN {_shortened(branch.this)} THEN {_shortened(branch.args['true'])}"
        others = [each.copy() for each in branches if each is not branch]
        default = node.args.get("default") or exp.null()
        yield "case", (_with(node, ifs=others) if others else default.copy()), words, "dropped"
        if not node.this:
            denied = exp.If(this=exp.Not(this=exp.Paren(this=branch.this.copy())), true=branch.args["true"].copy())
            ifs = [*(each.copy() for each in branches[:number]), denied, *(each.copy() for each in branches[number + 1 :])]
            yield "case", _with(node, ifs=ifs), words, "condition negated"
    if default := node.args.get("default"):
        yield "case", _with(node, default=None), f"ELSE {_shortened(default)}", "dropped"


def _numbers(node: exp.Expression, limits: Set[str]) -> Iterator[exp.Expression]:
    """One per cent more and less, or one more and less where the number counts something."""
    if isinstance(node, exp.Column) and node.name in limits:
        for factor in ("1.01", "0.99"):
            yield exp.cast(exp.Mul(this=node.copy(), expression=exp.Literal.number(factor)), "decimal(18, 6)")
    if isinstance(node, exp.Interval) and node.this.name.isdecimal():
        yield from (_with(node, this=exp.Literal.string(str(int(node.this.name) + step))) for step in (1, -1))
    if not isinstance(node, exp.Literal) or node.is_string or isinstance(node.parent, exp.DataTypeParam | exp.Interval | exp.Nullif):
        return  # nullif(kg, 0) guards a division
    if node.name.isdecimal() and int(node.name) <= 100:
        yield exp.Literal.number(int(node.name) + 1)
        if int(node.name) > 0:
            yield exp.Literal.number(int(node.name) - 1)
    elif float(node.name) not in (0, _ROW_ADDRESS):
        digits = len(node.name.partition(".")[2])
        kind: Callable[[float], str] = (lambda x: f"{x:.{digits + 2}f}") if digits else (lambda x: str(round(x)))
        yield from (exp.Literal.number(kind(float(node.name) * factor)) for factor in (1.01, 0.99))


def _is_filter(node: exp.Expression) -> bool:
    """A condition that ``and`` joins to others, or the only one of a WHERE, HAVING or ON."""
    if isinstance(node, exp.And | exp.Paren | exp.Boolean) or node.arg_key not in ("this", "expression", "on"):
        return False
    return isinstance(node.parent, exp.And | exp.Where | exp.Having) or (isinstance(node.parent, exp.Join) and node.arg_key == "on")


def _is_address(node: exp.Expression) -> bool:
    return any(isinstance(each, exp.Literal) and each.name == str(_ROW_ADDRESS) for each in node.args.values())


def _in_parentheses(node: exp.Expression) -> exp.Expression:
    return node.copy() if isinstance(node, exp.Literal) else exp.Paren(this=node.copy())


def _parts(node: exp.Expression) -> dict[str, object]:
    return dict(node.copy().args)


def _with(node: exp.Expression, **changed: object) -> exp.Expression:
    new = node.copy()
    for key, value in changed.items():
        new.set(key, value)
    return new


def _line(node: exp.Expression) -> int:
    """The line of the first name or number in an expression, or of the nearest one around it."""
    lines = [each.meta["line"] for each in node.walk() if "line" in each.meta]
    return min(lines) if lines else _line(node.parent) if node.parent else 1


def _shortened(node: exp.Expression) -> str:
    text = text_of(node)
    return text if len(text) <= 160 else f"{text[:80]} ... {text[-75:]}"
