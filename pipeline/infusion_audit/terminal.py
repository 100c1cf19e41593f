"""What a person sees in the terminal: progress, tables, the summary after a run, errors."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from infusion_audit.protocol import Protocol
    from infusion_audit.protocol.diff import Difference
    from infusion_audit.protocol.problem import Problem
    from infusion_audit.rulebook import Rulebook, RuleText

_VERDICTS = ("compliant", "violation", "not_evaluable", "not_applicable")


# ---------------------------------------------------------------- progress and errors


@contextmanager
def progress() -> Generator[Callable[[str], None]]:
    """A function that shows the current stage on one line of stderr; silent unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _stage: None
        return
    started = time.monotonic()

    def show(stage: str) -> None:
        click.echo(f"\r\x1b[K{time.monotonic() - started:6.1f} s  {stage}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def error(message: str) -> None:
    """Print an error on stderr."""
    click.echo(f"infusion-audit: {message}", err=True)


def bug(exception: BaseException) -> str:
    """One line about an unexpected error: its kind and place only, because its text may hold a patient's values."""
    frames = extract_tb(exception.__traceback__)
    ours = [frame for frame in frames if "infusion_audit" in frame.filename] or frames
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return (
        f"internal error ({type(exception).__name__}{place}). This is a bug: please report this line. "
        "INFUSION_AUDIT_DEBUG=1 shows the details, which may hold patient data."
    )


# ---------------------------------------------------------------- tables


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]], *, indent: str = "") -> None:
    """Print rows under a heading; numbers stand right, text left."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [all(isinstance(row[i], int | float | Decimal) or row[i] is None for row in rows) and bool(rows) for i in range(len(head))]

    def line(values: Sequence[str]) -> str:
        parts = [value.rjust(width) if flush else value.ljust(width) for value, width, flush in zip(values, widths, right, strict=True)]
        return (indent + "  ".join(parts)).rstrip()

    click.echo(click.style(line(head), bold=True))
    for each in cells:
        click.echo(line(each))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{float(value):.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, cast(Sequence[object], value)))
    return str(value)


def _facts(pairs: Sequence[tuple[str, object]]) -> None:
    """Print labelled lines; long texts are wrapped beside their label, empty ones left out."""
    shown = [(label, _cell(value)) for label, value in pairs if value not in (None, "", [], ())]
    width = max((len(label) for label, _ in shown), default=0) + 2
    for label, value in shown:
        hang = " " * width
        lines = textwrap.wrap(value, 110 - width, break_on_hyphens=False) or [""]
        click.echo(click.style(label.ljust(width), bold=True) + f"\n{hang}".join(lines))


# ---------------------------------------------------------------- a run


NOTICES = 30  # lines that a screen can hold


def print_run(manifest: Mapping[str, Any], workspace: Path) -> None:
    """The summary after a run: sessions, verdicts by rule, rows kept out, the gate, where the report is."""
    its = manifest["protocol"]
    click.echo(f"{manifest['sessions']:,} sessions, period {manifest['period']}, protocol {its['id']} {its['version']}\n")
    _print_verdicts(manifest["verdicts"])
    click.echo()
    if other := manifest.get("alongside"):
        _print_alongside(other, manifest)
    warnings = len(manifest.get("protocol_warnings", []))
    its_file = f"{_warnings(warnings)}, on the report's first page and in run.json" if warnings else ""
    quality, reviewed = _gate_in_words(manifest.get("gate") or {}), _review_in_words(manifest.get("review") or {})
    _facts([("Rows", _rows_in_words(manifest)), ("Data quality", quality), ("Protocol file", its_file), ("Review", reviewed)])
    print_report(manifest, workspace)


def _print_alongside(other: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """The verdicts by the second protocol, in a table of their own."""
    its = other["protocol"]
    click.echo(f"{other['sessions']:,} sessions, period {manifest['period']}, protocol {its['id']} {its['version']}\n")
    _print_verdicts(other["verdicts"])
    click.echo()


def _print_verdicts(verdicts: Mapping[str, Mapping[str, int]]) -> None:
    titles = _titles()
    rows = [(rule, *(counts.get(verdict, 0) for verdict in _VERDICTS), titles.get(rule, "")) for rule, counts in sorted(verdicts.items())]
    print_table(["rule", *(verdict.replace("_", " ") for verdict in _VERDICTS), "fault looked for"], rows)


def print_report(manifest: Mapping[str, Any], workspace: Path) -> None:
    """Where the report is."""
    if manifest.get("report"):
        other: Mapping[str, Any] | None = manifest.get("alongside")
        beside = str(workspace / other["report"]) if other and other["report"] else None
        _facts([("Report", str(workspace / manifest["report"])), ("Second", beside), ("All runs", str(workspace / "index.html"))])


def print_inputs(manifest: Mapping[str, Any]) -> None:
    """What became of every row of every table."""
    sums: dict[str, list[int]] = {}
    for each in manifest["inputs"]:
        counts = (each["received"], each["loaded"], each["quarantined"], each["duplicates"])
        sums[each["table"]] = [a + b for a, b in zip(sums.get(each["table"], [0, 0, 0, 0]), counts, strict=True)]
    print_table(["table", "received", "loaded", "quarantined", "duplicates"], [(table, *counts) for table, counts in sums.items()])
    if notices := manifest.get("source_notices"):
        click.echo()
        print_table(["not used", "value", "times"], [(each["topic"], each["value"], each["occurrences"]) for each in notices[:NOTICES]])
        if len(notices) > NOTICES:
            click.echo(f"and {len(notices) - NOTICES:,} more, in run.json and on the report's data quality page")


def _titles() -> dict[str, str]:
    from infusion_audit.rulebook import Rulebook

    return {rule.rule_id: rule.title for rule in Rulebook.load()}


def _rows_in_words(manifest: Mapping[str, Any]) -> str:
    inputs: Sequence[Mapping[str, Any]] = manifest.get("inputs", [])
    received, loaded, kept_out, twice = (sum(each[key] for each in inputs) for key in ("received", "loaded", "quarantined", "duplicates"))
    by_table = {
        table: sum(each["quarantined"] for each in inputs if each["table"] == table) for table in (each["table"] for each in inputs)
    }
    where = ", ".join(f"{table} {count:,}" for table, count in by_table.items() if count)
    words = f"{received:,} received = {loaded:,} loaded + {kept_out:,} kept out + {twice:,} duplicates"
    return f"{words} (kept out: {where})" if where else words


def _gate_in_words(gate: Mapping[str, Any]) -> str:
    names: Sequence[str] = gate.get("failed") or []
    status, failed = gate.get("status", ""), ", ".join(name.replace("_", " ") for name in names)
    if status == "skipped":
        return "not checked (--no-gate)"
    return f"{status}: {failed}" if failed else status


# ---------------------------------------------------------------- protocol files


def print_problems(name: str, problems: Sequence[Problem]) -> None:
    """What the linter found in one file: where, which check, what, and what to do next."""
    click.echo(click.style(name, bold=True))
    for each in problems:
        level = "error" if each.is_error else "warning"
        place = f"line {each.line}" if each.line else "-"
        click.echo(f"  {each.check}  {level:<7}  {place:<9}  {each.key}".rstrip())
        for words in filter(None, (each.what, each.todo)):
            click.echo(textwrap.fill(words, 110, initial_indent=" " * 9, subsequent_indent=" " * 9, break_on_hyphens=False))
    errors = sum(each.is_error for each in problems)
    click.echo(f"  {errors} {'error' if errors == 1 else 'errors'}, {_warnings(len(problems) - errors)}")


def _warnings(count: int) -> str:
    return f"{count} {'warning' if count == 1 else 'warnings'}"


def print_differences(names: tuple[str, str], found: Sequence[Difference]) -> None:
    """What differs between two protocols; long texts stand under their key."""
    click.echo(f"A  {names[0]}\nB  {names[1]}\n")
    if not found:
        click.echo("They say the same.")
        return
    short = [each for each in found if max(len(each.before or ""), len(each.after or "")) <= 40]
    if short:
        print_table(["key", "A", "B"], [(each.key, each.before, each.after) for each in short])
    for each in (each for each in found if each not in short):
        click.echo(click.style(f"\n{each.key}", bold=True))
        for label, words in (("A", each.before), ("B", each.after)):
            click.echo(textwrap.fill(words or "-", 110, initial_indent=f"  {label}  ", subsequent_indent="     ", break_on_hyphens=False))


def _review_in_words(review: Mapping[str, Any]) -> str:
    """Where the review of the findings stands; nothing when there is none to review."""
    if review.get("problem"):
        return f"the ledger cannot be trusted: {review['problem']}; no disposition is shown"
    found: Mapping[str, int] = review.get("findings") or {}
    late = [f"{review[key]:,} {what} overdue" for key, what in (("overdue", "reviews"), ("actions_overdue", "actions")) if review.get(key)]
    parts = [f"{number:,} {status.replace('_', ' ')}" for status, number in found.items() if number]
    return ", ".join([*parts, *late])


# ---------------------------------------------------------------- rules


def print_rules(protocol: Protocol, book: Rulebook) -> None:
    """The catalogue: every rule of the protocol, whether it is on, and whether this release can judge it."""
    rows = [
        (rule_id, "on" if rule.enabled else "off", rule.severity, rule.source, "yes" if rule_id in book else "not yet", rule.sentence)
        for rule_id, rule in sorted(protocol.rules.items())
    ]
    print_table(["rule", "state", "severity", "source", "judged", "statement"], rows)


def print_rule(rule_id: str, protocol: Protocol, text: RuleText | None) -> None:
    """One rule: its words from the rule file, its numbers from the protocol."""
    entry = protocol.rules.get(rule_id)
    click.echo(click.style(f"{rule_id}  {text.title if text else entry.sentence if entry else ''}", bold=True))
    if text is None:
        click.echo("Not judged in this release.")
    if entry is None:
        click.echo(f"Not part of protocol {protocol.id}.")
    click.echo()
    pairs: list[tuple[str, object]] = []
    if entry:
        line = f' (line {entry.seed_line} of the source text: "{entry.quote}")' if entry.quote else ""
        pairs += [("Statement", entry.sentence), ("State", "on" if entry.enabled else "off"), ("Severity", entry.severity)]
        pairs += [("Limit from", entry.source + line), ("Citation", entry.citation), ("Certainty", entry.certainty)]
        pairs += [("Protocol", f"{protocol.id} {protocol.version}, approved by {protocol.protocol.approved_by or 'nobody'}")]
    if text:
        pairs += [
            ("Quantity", protocol.worded(text.quantity)),
            ("Why", text.why),
            ("Population", text.population),
            ("Exclusions", text.exclusions),
            ("Success", text.success),
            ("Responsible", text.responsible),
            ("Limitations", text.limitations),
        ]
        pairs += [("Needs", list(text.needs)), ("Finding", protocol.worded(text.finding)), ("File", text.path.name)]
    _facts(pairs)


def print_explanation(explanation: Mapping[str, object]) -> None:
    """A verdict and everything it was made from: facts first, then each list of rows as a table."""
    click.echo("Times are UTC, except started_local.")
    for name, part in explanation.items():
        click.echo(click.style(f"\n{name.replace('_', ' ').capitalize()}", bold=True))
        if isinstance(part, Mapping):
            facts = cast(Mapping[str, object], part)
            _facts([(key.replace("_", " "), value) for key, value in facts.items() if not _rows(value)])
            for key, value in facts.items():
                if rows := _rows(value):
                    click.echo(f"{key}:")
                    _print_rows(rows)
        elif rows := _rows(part):
            _print_rows(rows)
        else:
            click.echo(_cell(part) if part else "none")


def _rows(value: object) -> list[Mapping[str, object]]:
    """The value as rows, when it is a list of them."""
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(Mapping[str, object], item) for item in items if isinstance(item, Mapping)]


def _print_rows(rows: Sequence[Mapping[str, object]]) -> None:
    """Rows as a table; columns that are empty throughout are left out."""
    head = [key for key in dict.fromkeys(key for row in rows for key in row) if any(row.get(key) not in (None, "", []) for row in rows)]
    print_table(head, [[row.get(key) for key in head] for row in rows], indent="  ")


# ---------------------------------------------------------------- input tables


def print_tables(tables: Sequence[Mapping[str, Any]]) -> None:
    """The input tables."""
    for each in tables:
        columns = ", ".join(column["name"] + "*" * column["required"] for column in each["columns"])
        click.echo(click.style(each["table"], bold=True) + (" (required)" if each["required"] else ""))
        click.echo(textwrap.fill(columns, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    click.echo("\n* never empty. infusion-audit schema TABLE tells types and allowed values.")


def print_columns(table: Mapping[str, Any]) -> None:
    """The columns of one table."""
    click.echo(f"{table['table']} ({'required' if table['required'] else 'optional'})\n")
    width = max(len(column["name"]) for column in table["columns"]) + 1
    kind = max(len(str(column["type"])) for column in table["columns"])
    for column in table["columns"]:
        words = [column.get("description") or "", f"One of: {_cell(list(column['allowed']))}." if column.get("allowed") else ""]
        lines = textwrap.wrap(" ".join(filter(None, words)), 110 - width - kind - 4, break_on_hyphens=False) or [""]
        name = (column["name"] + "*" * column["required"]).ljust(width)
        click.echo(f"{name}  {str(column['type']).ljust(kind)}  " + ("\n" + " " * (width + kind + 4)).join(lines).rstrip())
    click.echo("\n* never empty")
