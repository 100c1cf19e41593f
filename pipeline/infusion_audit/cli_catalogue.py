"""The commands that look things up: protocols, rules, input tables, and why a session got its verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

import click

from infusion_audit import terminal
from infusion_audit.cli_base import Group, option_protocol, option_workspace
from infusion_audit.errors import UserError
from infusion_audit.suggest import did_you_mean


@click.group("protocol", cls=Group)
def protocol_group() -> None:
    """Read, check and compare protocol files."""


@protocol_group.command("list")
def protocol_list() -> None:
    """List the shipped protocols."""
    from infusion_audit.protocol import load_protocol, shipped_protocols

    rows = [
        (each.id, each.version, each.protocol.approved_by or "nobody", each.protocol.title, each.protocol.standing)
        for each in map(load_protocol, shipped_protocols())
    ]
    terminal.print_table(["id", "version", "approved by", "title", "standing"], rows)


@protocol_group.command("show")
@click.argument("file_or_id", metavar="FILE_OR_ID")
def protocol_show(file_or_id: str) -> None:
    """Print a protocol file, to copy and edit.

    \b
    infusion-audit protocol show ketamine-chronic-pain > my-hospital.toml
    """
    from infusion_audit.protocol import load_protocol

    click.echo(load_protocol(file_or_id).text.encode(), nl=False)


@protocol_group.command("lint")
@click.argument("files", metavar="FILE_OR_ID...", nargs=-1, required=True)
@click.option(
    "--source",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The source text, to check every quote at its line.",
)
@click.option(
    "--workspace",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also compare with the versions that this workspace has used.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def protocol_lint(ctx: click.Context, files: tuple[str, ...], source: Path | None, workspace: Path | None, as_json: bool) -> None:
    """Check protocol files in full.

    Every problem with its id, line and key, and what to do next. Errors end with exit code 2; a run refuses them too.
    Warnings stand on the first page of the report.

    \b
    infusion-audit protocol lint my-hospital.toml
    infusion-audit protocol lint my-hospital-1.0.toml my-hospital-1.1.toml
    """
    from infusion_audit.lint import lint_files
    from infusion_audit.workspace import Workspace

    found = lint_files(files, source, Workspace(workspace).manifests() if workspace else [])
    if as_json:
        entries = [{"file": name, **each.entry()} for name, problems in found for each in problems]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        for name, problems in found:
            terminal.print_problems(name, problems)
    ctx.exit(2 if any(each.is_error for _, problems in found for each in problems) else 0)


@protocol_group.command("diff")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def protocol_diff(one: str, other: str, as_json: bool) -> None:
    """Print what differs between two protocols.

    A and B are files or ids. Comments and layout do not count.

    \b
    infusion-audit protocol diff ketamine-chronic-pain my-hospital.toml
    """
    from dataclasses import asdict

    from infusion_audit.protocol import load_protocol
    from infusion_audit.protocol.diff import differences

    before, after = load_protocol(one), load_protocol(other)
    found = differences(before, after)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        terminal.print_differences((f"{before.id} {before.version}", f"{after.id} {after.version}"), found)


@click.group(cls=Group)
def rules() -> None:
    """Read the rules, and why a session got its verdict."""


@rules.command("list")
@option_protocol
def rules_list(protocol: str) -> None:
    """List the rules of a protocol."""
    from infusion_audit.protocol import load_protocol
    from infusion_audit.rulebook import Rulebook

    terminal.print_rules(load_protocol(protocol), Rulebook.load())


@rules.command("show")
@click.argument("rule")
@option_protocol
@click.option("--sql", is_flag=True, help="Print the rule file itself, which is what runs.")
def rules_show(rule: str, protocol: str, sql: bool) -> None:
    """Print one rule, its limit and its source.

    What it says, why, whom it concerns, what it needs, its limit and where that comes from.

    \b
    infusion-audit rules show KD-01
    """
    from infusion_audit.protocol import load_protocol
    from infusion_audit.rulebook import Rulebook

    chosen, book = load_protocol(protocol), Rulebook.load()
    rule_id = _known_rule(rule, {*chosen.rules, *book.rules})
    text = book.get(rule_id)
    if not sql:
        terminal.print_rule(rule_id, chosen, text)
    elif text:
        click.echo(text.path.read_text("utf-8"), nl=False)
    else:
        raise UserError(f"{rule_id} has no SQL in this release")


@rules.command("explain")
@click.argument("rule")
@click.argument("session")
@option_workspace
def rules_explain(rule: str, session: str, workspace: Path) -> None:
    """Show why SESSION got its verdict for RULE.

    With the source rows, file and line. This prints patient data.

    \b
    infusion-audit rules explain KD-01 5f2c9a1b0e7d4c38
    """
    from infusion_audit.rulebook import Rulebook
    from infusion_audit.run import explain

    terminal.print_explanation(explain(workspace, _known_rule(rule, Rulebook.load().rules), session))


@click.command()
@click.argument("table", required=False)
def schema(table: str | None) -> None:
    """Print the input tables and their columns.

    With TABLE: types, allowed values and meaning of its columns.

    \b
    infusion-audit schema
    infusion-audit schema administration
    """
    from infusion_audit_schemas import dictionary

    tables = {str(each["table"]): each for each in dictionary()}
    if table is None:
        terminal.print_tables(list(tables.values()))
    elif table.lower() in tables:
        terminal.print_columns(tables[table.lower()])
    else:
        raise UserError(f'no table is called "{table}"{did_you_mean(table, tables)}', hint=f"The tables are: {', '.join(tables)}.")


def _known_rule(rule: str, known: Collection[str]) -> str:
    """The rule's id, however it was typed: KD-01, kd01, kd-1."""
    parts = re.fullmatch(r"([A-Z]+)[-_ ]?0*(\d{1,2})", rule.strip().upper(), re.ASCII)
    rule_id = f"{parts[1]}-{int(parts[2]):02}" if parts else rule
    if rule_id not in known:
        raise UserError(f'no rule is called "{rule}"{did_you_mean(rule_id, known)}', hint="infusion-audit rules list names them.")
    return rule_id
