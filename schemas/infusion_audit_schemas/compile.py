# pyright: basic, reportMissingTypeStubs=false
"""Turns the pandera models into SQL and a data dictionary: ``python -m infusion_audit_schemas.compile``.

Importing pandera takes longer than loading a month of data, and judging row by row in Python takes longer still. So the
models are compiled into one select per table, which is committed, reviewed and run; a test fails when it is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pandera.api.checks import Check

from .checks import CHECKS
from .tables import MODELS, Table

COMPILED = Path(__file__).parent / "compiled"
HEADER = "/* {what} Compiled from the model {model} by python -m infusion_audit_schemas.compile: change the model, not this file. */\n"
SQL_TYPES = {"number": "decimal(18, 9)", "count": "decimal(18, 9)", "instant": "timestamp", "date": "date"}
CELL = {"identifier": "identifier_cell({0})", "choice": "lower(text_cell({0}))", "name": "lower(text_cell({0}))"}
READ = {"number": "exact_decimal({0})", "count": "exact_decimal({0})", "instant": "read_time({0})", "date": "read_date({0})"}

NEXT = "\n        "

Column = dict[str, Any]


def compiled() -> dict[str, str]:
    """Every compiled file by name."""
    entries = [_entry(table, model) for table, model in MODELS.items()]
    files = {f"{entry['table']}.sql": _select(entry, MODELS[entry["table"]]) for entry in entries}
    return {**files, "dictionary.json": json.dumps(entries, indent=1) + "\n"}


def _entry(table: str, model: type[Table]) -> dict[str, Any]:
    of_table = getattr(model.Config, "metadata", None) or {}
    columns = [_column(name, schema) for name, schema in model.to_schema().columns.items()]
    stored = [(made, sql_type) for column in columns for made, sql_type in _stored(column)]
    return {
        "table": table,
        "required": bool(of_table.get("required")),
        "key": of_table.get("key"),
        "description": (model.__doc__ or "").strip(),
        "columns": columns,
        "stored": [*stored, ("invalid", "varchar[]")],
        # Two versions of a keyed row must differ in their hash; elsewhere a hash only finds candidates for a comparison in full.
        "hashed": [*(name for name, _ in stored), "invalid"] if of_table.get("key") else [c["name"] for c in columns if c["required"]],
    }


def _column(name: str, schema: Any) -> Column:
    meta = schema.metadata
    return {"name": name, "required": not schema.nullable, "type": meta["kind"], "description": schema.description} | {
        key: meta[key] for key in ("allowed", "default", "latest", "number") if key in meta
    }


def _stored(column: Column) -> list[tuple[str, str]]:
    """The columns of the warehouse that hold this one, with their types."""
    name, sql_type = column["name"], SQL_TYPES.get(column["type"], "varchar")
    made = [(name, sql_type)]
    if column.get("latest"):
        made.append((f"{name}_latest", sql_type))
    if column.get("number"):
        made.append((column["number"], SQL_TYPES["number"]))
    return made


def _select(entry: dict[str, Any], model: type[Table]) -> str:
    """The select that reads, judges and types the rows of ``source``: all cells text, with the file and line they come from.

    The reasons are looked for only in rows that are broken somewhere; almost none are, and it would double the time.
    """
    columns: list[Column] = entry["columns"]
    names = [column["name"] for column in columns]
    schema = model.to_schema()
    rules = {name: _rules(name, [*schema.columns[name].checks, *_of_row(schema.checks or [], name)]) for name in names}
    faults = [_fault(column, rules[column["name"]]) for column in columns]
    hashed = ", ".join(entry["hashed"])
    return f"""{HEADER.format(what=entry["description"], model=model.__name__)}with cell as (
    select
        file_id,
        line,
        {_lines(f"{n} as {n}_raw" for n in names)},
        {_lines(f"{CELL.get(c['type'], 'text_cell({0})').format(c['name'])} as {c['name']}" for c in columns)}
    from source
),

reading as (
    select
        {_lines(["*", *_reads(columns)])}
    from cell
),

placed as (
    select
        {_lines(["*", *(f"case when is_local({n}) then zone_year({n}_read) end as {n}_year" for n in _instants(columns))])}
    from reading
),

timed as (
    select
        {_lines(["*", *_times(columns)])}
    from placed
),

judged as (
    select
        *,
        coalesce(
            {f"{NEXT}    or ".join(_broken(column, rules[column["name"]]) for column in columns)},
            false
        ) as broken
    from timed
),

listed as (
    select
        *,
        case
            when broken
                then [
                    {f",{NEXT}            ".join(faults)}
                ]
        end as faults
    from judged
),

typed as (
    select
        file_id,
        line,
        {_lines(line for at, column in enumerate(columns, 1) for line in _typed(column, f"faults[{at}]", recorded="recorded_at" in names))},
        case when broken then faulty_columns(faults, [{_texts(names)}]) end as invalid,
        broken and ({" or ".join(_needed(c, f"faults[{at}]") for at, c in enumerate(columns, 1) if c["required"])}) as kept_out,
        faults,
        case when broken then [{", ".join(f"{n}_raw" for n in names)}] end as raw
    from listed
)

select
    *,
    hash({hashed}) as content
from typed
"""


def _reads(columns: list[Column]) -> list[str]:
    """What is read from text once and used more than once."""
    made = [(c["name"], READ[c["type"]] if c["type"] in READ else READ["number"] if c.get("number") else None) for c in columns]
    return [f"{macro.format(name)} as {name}_read" for name, macro in made if macro]


def _instants(columns: list[Column]) -> list[str]:
    return [column["name"] for column in columns if column["type"] == "instant"]


def _times(columns: list[Column]) -> list[str]:
    """The instants of every time, and the later one where it is kept or where a time of recording may rule one out."""
    instants = _instants(columns)
    kept = [column["name"] for column in columns if column.get("latest")]
    later = [*kept, *(["recorded_at"] if "recorded_at" in instants else [])] if kept else []
    return [f"first_instant({n}, {n}_read, {n}_year) as {n}_first" for n in instants] + [
        f"later_instant({n}, {n}_read, {n}_year) as {n}_later" for n in later
    ]


def _of_row(checks: list[Check], name: str) -> list[Check]:
    return [check for check in checks if check.statistics.get("column") == name]


def _rules(name: str, checks: list[Check]) -> list[tuple[str, str]]:
    """The condition and the reason of every check of a column, in the order of the model."""
    places = {"cell": name, "read": f"{name}_read", "first": f"{name}_first"}
    made: list[tuple[str, str]] = []
    for check in checks:
        rule = CHECKS[str(check.name)]
        lists = {key: _texts(value) for key, value in check.statistics.items() if isinstance(value, list)}
        made.append((rule.broken.format(**places, **lists), rule.reason))
    return made


def _broken(column: Column, rules: list[tuple[str, str]]) -> str:
    name = column["name"]
    any_rule = " or ".join(condition for condition, _ in rules)
    return f"{name} is null or {any_rule}" if column["required"] else f"({name} is not null and ({any_rule}))"


def _fault(column: Column, rules: list[tuple[str, str]]) -> str:
    """The reason of the first check that a cell fails."""
    empty = f"when {column['name']} is null then " + ("'empty'" if column["required"] else "null")
    return " ".join(["case", empty, *(f"when {condition} then '{reason}'" for condition, reason in rules), "end"])


def _needed(column: Column, fault: str) -> str:
    """When a required cell keeps its row out: an identity, a word or a time that cannot be read; a value only when it is empty."""
    return f"{fault} is not null" if column["type"] in ("identifier", "choice", "instant") else f"{column['name']} is null"


def _typed(column: Column, fault: str, *, recorded: bool) -> list[str]:
    """The stored columns of one cell: what could be read of it, NULL where it is broken."""
    name, kind = column["name"], column["type"]
    value = f"{name}_first" if kind == "instant" else f"{name}_read" if kind in READ else name
    default = f" when {name} is null then '{column['default']}'" if column.get("default") else ""

    # Written so that a row without any fault, which nearly every row is, never looks its faults up.
    def unless_broken(expression: str) -> str:
        return f"when not broken then {expression} when {fault} is null then {expression} end"

    made = [f"case{default} {unless_broken(value)} as {name}"]
    if column.get("latest"):
        ruled_out = f" when recorded_at_later is null and recorded_at_first < {name}_later then null" if recorded else ""
        made.append(f"case{ruled_out} {unless_broken(f'{name}_later')} as {name}_latest")
    if column.get("number"):
        made.append(f"case {unless_broken(f'{name}_read')} as {column['number']}")
    return made


def _texts(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _lines(parts: Any) -> str:
    return f",{NEXT}".join(parts)


def main() -> None:
    """Write the compiled files."""
    COMPILED.mkdir(exist_ok=True)
    for name, content in compiled().items():
        (COMPILED / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
