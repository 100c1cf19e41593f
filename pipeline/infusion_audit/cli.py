"""The command line: reads options, calls one function, prints its result.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infusion_audit import __version__, terminal
from infusion_audit.cli_base import (
    Group,
    argument_data,
    option_case_sheets,
    option_json,
    option_period,
    option_protocol,
    option_protocols,
    option_source,
    option_workspace,
    options_audience,
)
from infusion_audit.cli_catalogue import protocol_group, rules, schema
from infusion_audit.cli_loads import loads_group
from infusion_audit.cli_publish import export, key_of, option_notify, options_deidentify, publish, tell
from infusion_audit.cli_review import review
from infusion_audit.cli_source import source_group
from infusion_audit.errors import GateFailed, UserError

if TYPE_CHECKING:
    from infusion_audit.database import Database


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, "-V", "--version", prog_name="infusion-audit")
def main() -> None:
    """Audit intravenous ketamine infusion records against a clinical protocol.

    \b
    infusion-audit sample my-data        write a synthetic extract to try it on
    infusion-audit run my-data           audit it; the report is in ./audit

    Exit codes: 0 audited; 1 internal error; 2 wrong usage, or input or protocol that cannot be used; 3 the
    data-quality gate failed; 4 findings at or above --fail-on; 5 another run holds the workspace.
    """


# ---------------------------------------------------------------- the main job


@main.command()
@argument_data
@option_workspace
@option_source
@option_period
@option_protocols
@click.option(
    "--fail-on", type=click.Choice(["info", "minor", "major", "critical"]), help="Exit 4 when a violation is at least this severe."
)
@click.option("--no-gate", is_flag=True, help="Publish without the data-quality gate; the report says so on its first page.")
@option_case_sheets("A case sheet for so many sessions with findings, the most severe first; 0: none.", default=500)
@options_audience("also write aggregated pages for readers outside, in external/RUN of the workspace.")
@option_notify
@click.option("--quiet", is_flag=True, help="Print one line.")
@option_json
@click.pass_context
def run(
    ctx: click.Context,
    data: tuple[Path | Database, ...],
    workspace: Path,
    source: str,
    period: str,
    protocol: tuple[str, ...],
    fail_on: str | None,
    no_gate: bool,
    case_sheets: int,
    audience: str,
    small_numbers: str,
    notify: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Load, check, judge, and write the report.

    DATA is a folder (or the files) of one extract. Loading the same files again changes nothing.

    \b
    infusion-audit run extract/
    infusion-audit run extract/ --period 2026-Q3 --protocol my-hospital.toml --fail-on major

    With --protocol given twice, the same sessions are judged by both, each in a run of its own with the other's verdicts beside it.
    """
    from infusion_audit.run import audit

    first, *further = protocol
    if len(further) > 1:
        raise UserError(f"--protocol is given {len(protocol)} times", hint="Give one protocol, or two to set their verdicts side by side.")

    try:
        with terminal.progress() as progress:
            manifest = audit(
                list(data),
                workspace,
                source=source,
                period=period,
                protocol=first,
                alongside=next(iter(further), None),
                fail_on=fail_on,
                gate=not no_gate,
                case_sheets=case_sheets,
                progress=progress,
            )
            if audience == "external":
                from infusion_audit.run import render_outside

                manifest = render_outside(workspace, manifest["run_id"], small_numbers)
    except GateFailed as error:
        if stopped := error.manifest:
            if as_json:
                _print_json(stopped)
            _tell(notify, workspace, stopped)
        raise
    if quiet and not as_json:
        terminal.print_one_line(manifest, workspace)
    else:
        _print_run(manifest, workspace, as_json)
    _tell(notify, workspace, manifest)
    if manifest["exit_code"]:
        terminal.error(f"there are findings at or above --fail-on {fail_on}")
    ctx.exit(manifest["exit_code"])


@main.command()
@argument_data
@option_workspace
@option_source
def load(data: tuple[Path | Database, ...], workspace: Path, source: str) -> None:
    """Load DATA and stop there; safe to repeat.

    \b
    infusion-audit load extract/
    """
    from infusion_audit.run import load_only

    with terminal.progress() as progress:
        manifest = load_only(list(data), workspace, source, progress)
    terminal.print_inputs(manifest)


@main.command()
@option_workspace
@option_period
@option_protocol
@option_json
def check(workspace: Path, period: str, protocol: str, as_json: bool) -> None:
    """Judge what is loaded, without a report.

    \b
    infusion-audit check --period 2026-10
    """
    from infusion_audit.run import check as judge

    with terminal.progress() as progress:
        manifest = judge(workspace, period, protocol, progress)
    _print_run(manifest, workspace, as_json)


@main.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@option_workspace
@option_case_sheets("Fewer case sheets than the run stored; 0: none.")
@options_audience("also write aggregated pages for readers outside, in external/RUN of the workspace.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write a copy to DIR instead.")
@options_deidentify
@option_json
def report(
    run_id: str | None,
    workspace: Path,
    case_sheets: int | None,
    audience: str,
    small_numbers: str,
    output: Path | None,
    deidentify: bool,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Render the report of a stored run again.

    Without RUN, the latest one. With --output, write a copy of it that links to nothing outside; --deidentify is for copies.
    With --audience external, write its aggregated pages for readers outside.

    \b
    infusion-audit report
    infusion-audit report 20261001T081500Z-3f9a1c
    infusion-audit report --audience external
    infusion-audit report --deidentify --key-file key --output for-the-registry
    """
    from infusion_audit.run import render_again, render_outside

    if deidentify and output is None:
        raise click.UsageError("--deidentify writes a copy: say where with --output DIR")
    if output is not None and audience == "external":
        raise click.UsageError("--output writes a copy of the internal report; the external one goes to external/ of the workspace")
    if output is not None:
        from infusion_audit.publish import write_copy

        manifest = write_copy(workspace, output, run_id, key=key_of(deidentify, key_file))
        if as_json:
            _print_json(manifest)
        else:
            click.echo(f"{output / 'index.html'}")
        return
    key_of(deidentify, key_file)
    manifest = render_outside(workspace, run_id, small_numbers) if audience == "external" else render_again(workspace, run_id, case_sheets)
    if as_json:
        _print_json(manifest)
    else:
        terminal.print_report(manifest, workspace)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--sessions", default=1000, show_default=True, type=click.IntRange(1), metavar="N", help="How many infusion sessions.")
@click.option("--seed", default=1, show_default=True, type=int, metavar="S", help="The same seed gives the same files.")
@click.option("--months", default=6, show_default=True, type=click.IntRange(1, 120), metavar="M", help="How many months they spread over.")
@click.option(
    "--faults/--no-faults",
    default=False,
    show_default=True,
    help="Plant deviations and dirty rows, with the truth in expected.csv and expected_optional.csv.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["canonical", "fhir-r4", "omop-5.4"]),
    default="canonical",
    show_default=True,
    help="Input format.",
)
def sample(folder: Path, sessions: int, seed: int, months: int, faults: bool, layout: str) -> None:
    """Write a synthetic, realistic extract.

    DIR must be empty or absent. The same options always give the same files.

    \b
    infusion-audit sample my-data
    infusion-audit sample my-data --sessions 5000 --faults
    """
    from infusion_audit.sample import write_sample

    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", hint="Give a folder that does not exist yet.")
    write_sample(folder, sessions=sessions, seed=seed, months=months, faults=faults, format=layout)
    source = "" if layout == "canonical" else f" --source {layout}"
    click.echo(f"{sessions:,} sessions written to {folder}\nAudit them: infusion-audit run {folder}{source}")


main.add_command(protocol_group)
main.add_command(rules)
main.add_command(schema)
main.add_command(review)
main.add_command(export)
main.add_command(publish)
main.add_command(source_group)
main.add_command(loads_group)


def _tell(targets: tuple[str, ...], workspace: Path, manifest: dict[str, Any]) -> None:
    """Notify with what the run's summary.json says."""
    if targets:
        tell(targets, json.loads((workspace / "runs" / manifest["run_id"] / "summary.json").read_text("utf-8")))


def _print_json(manifest: dict[str, Any]) -> None:
    click.echo(json.dumps(manifest, indent=2, ensure_ascii=False, default=str))


def _print_run(manifest: dict[str, Any], workspace: Path, as_json: bool) -> None:
    if as_json:
        _print_json(manifest)
    else:
        terminal.print_run(manifest, workspace)


if __name__ == "__main__":
    sys.exit(main())
