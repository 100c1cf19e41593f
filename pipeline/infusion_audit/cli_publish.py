"""The commands that hand a finished run on: exports for other tools, and publishing for scheduled jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infusion_audit import terminal
from infusion_audit.cli_base import option_json, option_workspace, options_audience

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = ("xlsx", "fhir", "pdf")


def option_to(help_text: str, *, required: bool) -> Callable[[Any], Any]:
    return click.option("--to", "kinds", type=click.Choice(_KINDS), multiple=True, required=required, help=help_text)


def option_notify(command: Any) -> Any:
    return click.option(
        "--notify",
        multiple=True,
        metavar="COMMAND_OR_URL",
        help="Hand summary.json to a command's standard input, or POST it to an http(s) URL. May be given again.",
    )(command)


def options_deidentify(command: Any) -> Any:
    flag = click.option("--deidentify", is_flag=True, help="Keyed pseudonyms, shifted dates, no free text; needs a key.")
    file = click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The secret key of the pseudonyms; without it, the environment variable INFUSION_AUDIT_KEY.",
    )
    return flag(file(command))


def key_of(deidentify: bool, key_file: Path | None) -> bytes | None:
    """The key when the copy is to be de-identified."""
    if not deidentify:
        if key_file is not None:
            raise click.UsageError("--key-file is only for --deidentify")
        return None
    from infusion_audit.deidentify import read_key

    return read_key(key_file)


def tell(targets: tuple[str, ...], summary: Mapping[str, Any]) -> None:
    """Notify, and report on stderr what failed; that changes neither what was published nor the exit code."""
    if targets:
        from infusion_audit.notify import notify

        for problem in notify(targets, summary):
            terminal.error(problem)


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@option_workspace
@option_to("What to write; may be given again.", required=True)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write; default the run's folder.")
def export(run_id: str | None, workspace: Path, kinds: tuple[str, ...], output: Path | None) -> None:
    """Write a finished run for other tools.

    Of the latest run without RUN. xlsx: the worklist as a workbook. fhir: Measure and MeasureReport of every rule. pdf: the
    report as one document.

    \b
    infusion-audit export --to xlsx
    infusion-audit export --to fhir --to pdf --output october
    """
    from infusion_audit.exports import export_run

    for path in export_run(workspace, run_id, kinds, output):
        click.echo(f"{path}")


@click.command()
@click.argument("dest", metavar="DEST")
@option_workspace
@click.option("--run", "run_id", metavar="RUN", help="Which run; default the newest. One that the gate stopped is never published.")
@options_audience("only the aggregated pages for readers outside; no finding, no session, no file beside them.")
@options_deidentify
@option_to("Publish this export with the report; may be given again.", required=False)
@option_notify
@option_json
def publish(
    dest: str,
    workspace: Path,
    run_id: str | None,
    audience: str,
    small_numbers: str,
    deidentify: bool,
    key_file: Path | None,
    kinds: tuple[str, ...],
    notify: tuple[str, ...],
    as_json: bool,
) -> None:
    """Publish a finished run to a folder or store.

    DEST is a folder, or a URL that fsspec knows, such as s3://bucket/reports. The report appears there whole or not at all,
    under runs/, and then as latest. With --audience external, --json and --notify tell what latest.json says, and no count.

    \b
    infusion-audit publish /srv/reports
    infusion-audit publish /srv/www/ketamine --audience external
    infusion-audit publish s3://quality/ketamine --deidentify --key-file /etc/infusion-audit.key
    """
    import json

    from infusion_audit.publish import publish as published

    outside = audience == "external"
    if outside and kinds:
        raise click.UsageError("--to writes exports of single findings or small counts; the external report is its pages alone")
    if outside and deidentify:
        raise click.UsageError("--deidentify is for the report of single sessions; the external one holds none")
    done = published(
        workspace, dest, run_id, key=key_of(deidentify, key_file), kinds=kinds, small_numbers=small_numbers if outside else None
    )
    if as_json:
        click.echo(json.dumps(done.summary, indent=2, ensure_ascii=False))
    else:
        click.echo(f"Run {done.run_id} {'published as' if done.is_new else 'was published already as'} {done.path}")
    tell(notify, done.summary)
