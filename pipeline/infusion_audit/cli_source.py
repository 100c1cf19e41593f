"""The commands for an import format of one's own: a first draft from the files, and a check of what it makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from infusion_audit import terminal
from infusion_audit.cli_base import Group, option_protocol

Found = Mapping[str, Any]


@click.group("source", cls=Group)
def source_group() -> None:
    """Draft and check an import format."""


@source_group.command("check")
@click.argument("source", metavar="DIR_OR_NAME", default="canonical")
@click.option(
    "--data",
    required=True,
    multiple=True,
    metavar="FILES",
    type=click.Path(exists=True, path_type=Path),
    help="Folder or files of an extract.",
)
@option_protocol
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def source_check(source: str, data: tuple[Path, ...], protocol: str, as_json: bool) -> None:
    """Tell of every canonical column what an extract gives it.

    Mapped or not, how complete, which values; codes and units that mean nothing yet, times without a zone, and which rules each gap costs.
    Nothing is kept, and no patient's values are shown.

    \b
    infusion-audit source check my-source --data extract/
    infusion-audit source check canonical --data extract/ --json
    """
    from infusion_audit.source_check import check_source

    found = check_source(list(data), source, protocol)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
    else:
        _print(found)


@source_group.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from",
    "data",
    required=True,
    multiple=True,
    metavar="FILES",
    type=click.Path(exists=True, path_type=Path),
    help="Folder or files of an extract: CSV, Parquet, Excel, NDJSON.",
)
def source_init(folder: Path, data: tuple[Path, ...]) -> None:
    """Draft an import format from the files of an extract.

    Writes source.toml, a select for every table that a file may feed, and code maps with the values that were seen, to be filled in.
    A name that only resembles is a proposal in a comment; nothing is guessed. DIR must be empty or absent.

    \b
    infusion-audit source init my-source --from extract/
    """
    from infusion_audit.source_draft import write_draft

    drafted = write_draft(folder, list(data))
    for line in drafted:
        click.echo(line)
    click.echo(f"\nNow read the comments in {folder}, fill in the code maps, and see what comes out:")
    click.echo(f"infusion-audit source check {folder} {' '.join(f'--data {path}' for path in data)}")


def _print(found: Found) -> None:
    terminal.print_table(
        ["table", "file", "received", "loaded", "quarantined", "duplicates"],
        [[each[name] for name in ("table", "file", "received", "loaded", "quarantined", "duplicates")] for each in found["inputs"]],
    )
    for each in found["broken"]:
        if each["column"] is None:
            click.echo(f"{each['table']}: {each['cells']:,} lines or rows kept out: {each['reason']}")
    if found["resembling"]:
        words = ", ".join(f"{each['value']} {each['rows']:,}" for each in found["resembling"])
        click.echo(
            f"\nNot judged, for the product is called otherwise than in the protocol: {words}. Give the codes a meaning if they are it."
        )
    for table in found["tables"]:
        click.echo(f"\n{table['table']}: " + (f"{table['rows']:,} rows" if table["supplied"] else "not supplied") + _cost(table["costs"]))
        if table["supplied"]:
            terminal.print_table(["column", "mapped", "filled", "values"], [_row(each) for each in table["columns"]], indent="  ")
            _print_gaps(table["columns"])
    for file, columns in found["unknown_columns"].items():
        click.echo(f"\n{file}: not used: {', '.join(columns)}")
    if found["notices"]:
        click.echo("\nIn the extract and not used:")
        terminal.print_table(["topic", "value", "rows"], [[each["topic"], each["value"], each["occurrences"]] for each in found["notices"]])
    _print_rules(found)


def _row(column: Found) -> list[object]:
    share = f"{100 * column['filled'] // column['rows']} %" if column["rows"] else "-"
    mapped = "no" if not column["mapped"] else "yes" if column["filled"] or column["unreadable"] else "empty"
    return [f"{column['column']}{'*' if column['required'] else ''}", mapped, share, _values(column["values"])]


def _values(values: Found) -> str:
    if "words" in values:
        words = values["words"]
        return ", ".join(f"{each['value']} {each['rows']:,}" for each in words[:8]) + (f", {len(words) - 8} more" if len(words) > 8 else "")
    if "first_month" in values:
        return f"{values['first_month']} to {values['last_month']}"
    if "by_kind" in values:
        return "; ".join(f"{kind} {_spread(spread)}" for kind, spread in values["by_kind"].items())
    if "median" in values:
        return _spread(values)
    return f"{values['different']:,} different" if values else ""


def _spread(spread: Found) -> str:
    return f"{spread['p5']} .. {spread['median']} .. {spread['p95']}" if "median" in spread else f"{spread['numbers']} numbers"


def _print_gaps(columns: Sequence[Found]) -> None:
    """What is wrong with the columns of a table, one line each."""
    for column in columns:
        name, broken = column["column"], column["unreadable"]
        if broken:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in broken["reasons"].items())
            click.echo(f"  {name}: {broken['cells']:,} cells cannot be read: {reasons}")
        if broken.get("unmapped"):
            click.echo("    without a meaning: " + ", ".join(f"{each['value']} {each['rows']:,}" for each in broken["unmapped"]))
        if column["unknown_units"]:
            click.echo(f"  {name}: unknown units: " + ", ".join(f"{each['value']} {each['rows']:,}" for each in column["unknown_units"]))
        if column.get("without_zone"):
            click.echo(f"  {name}: {column['without_zone']:,} of {column['times']:,} times say no zone")
        if column["costs"]:
            click.echo(f"  {name}: {'is empty' if column['mapped'] else 'is not mapped'}{_cost(column['costs'])}")


def _cost(rules: Sequence[str]) -> str:
    return f"; used by {', '.join(rules)}" if rules else ""


def _print_rules(found: Found) -> None:
    click.echo(f"\n{found['sessions']:,} sessions; times without a zone are read as {found['timezone']}")
    terminal.print_table(
        ["rule", "judged for", "cannot be judged", "most often because"],
        [
            [each["rule"], each["sessions"], each["not_evaluable"], each["reasons"][0]["sentence"] if each["reasons"] else ""]
            for each in found["rules"]
        ],
    )
