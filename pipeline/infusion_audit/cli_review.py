"""The commands of the review: the worklist out, dispositions in, the ledger shown and verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from infusion_audit import terminal
from infusion_audit.cli_base import Group, option_workspace

if TYPE_CHECKING:
    from infusion_audit.ledger import Entry


@click.group(cls=Group)
def review() -> None:
    """Review findings: worklist out, dispositions in."""


@review.command("export")
@click.argument("run_id", metavar="[RUN]", required=False)
@option_workspace
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to write; default worklist-RUN.csv.")
@click.option("--open", "open_only", is_flag=True, help="Only findings whose review is not settled.")
@click.option("--second-sample", is_flag=True, help="Only the 10 % sample for a second review, as far as one person has reviewed it.")
def review_export(run_id: str | None, workspace: Path, output: Path | None, open_only: bool, second_sample: bool) -> None:
    """Write the worklist of findings, to be filled in.

    Of the latest run without RUN. A file that exists is never replaced. The worklist holds patient data.

    \b
    infusion-audit review export --output october.csv
    """
    from infusion_audit.review import worklist, write_worklist
    from infusion_audit.workspace import Workspace

    run = Workspace(workspace).find_run(run_id)["run_id"]
    rows = worklist(workspace, run, open_only=open_only, second_sample=second_sample)
    file = output or Path(f"worklist-{run}.csv")
    write_worklist(rows, file)
    click.echo(f"{len(rows):,} findings of run {run} written to {file}")
    click.echo("Fill in disposition, reason and reviewer, then: infusion-audit review import FILE")


@review.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@option_workspace
@click.option("--reviewer", metavar="NAME", help="Who reviewed the rows that name nobody.")
def review_import(file: Path, workspace: Path, reviewer: str | None) -> None:
    """Take the dispositions of a filled-in worklist.

    All of them, or none when a row is wrong. Importing a file again changes nothing; a changed disposition is a new entry.

    \b
    infusion-audit review import october.csv --reviewer "A. Smith"
    """
    from infusion_audit.review import import_reviews

    done = import_reviews(workspace, file, reviewer)
    changed = sum(entry.was is not None for entry in done.added)
    click.echo(f"{len(done.added):,} entries added ({changed:,} of them change an earlier one), {done.unchanged:,} already in the ledger")
    if done.replaced_since:
        lines = ", ".join(map(str, done.replaced_since[:10]))
        click.echo(f"Replaced by a later entry since, and left so: line {lines}. To say it anew, fill in reviewed_at.")
    _print_head(len(done.ledger.entries), done.ledger.head, done.ledger.remarks)
    if done.added:
        click.echo("Show it in the report: infusion-audit report")


@review.command("list")
@click.argument("run_id", metavar="[RUN]", required=False)
@option_workspace
@click.option("--overdue", is_flag=True, help="Instead: the reviews and actions of RUN that are overdue.")
@click.option("--finding", metavar="KEY", help="Only the entries of one finding; the start of its key is enough.")
def review_list(run_id: str | None, workspace: Path, overdue: bool, finding: str | None) -> None:
    """Print the ledger, or what is overdue.

    Every entry with who, when, why, and the old value of what it changed. RUN is only for --overdue.

    \b
    infusion-audit review list
    infusion-audit review list --overdue
    """
    from infusion_audit.review import trusted, worklist
    from infusion_audit.workspace import Workspace

    if overdue:
        rows = [row for row in worklist(workspace, run_id) if row["review_overdue"] or row["action_overdue"]]
        head = ["rule", "severity", "session started", "finding", "review", "due", "action due", "owner"]
        names = (
            "rule_id",
            "severity",
            "session_started_at",
            "finding_key",
            "review_status",
            "review_due",
            "current_action_due",
            "current_owner",
        )
        terminal.print_table(head, [[None if row[name] is None else str(row[name]) for name in names] for row in rows])
        click.echo(f"\n{len(rows):,} overdue")
        return
    ledger = trusted(Workspace(workspace))
    for entry in ledger.entries:
        if entry.finding.finding_key.startswith(finding or ""):
            _print_entry(entry)
    _print_head(len(ledger.entries), ledger.head, ledger.remarks)


@review.command("verify")
@option_workspace
@click.option("--head", metavar="HASH", help="A hash noted earlier, from an import or a report; proves that nothing up to it was changed.")
def review_verify(workspace: Path, head: str | None) -> None:
    """Check that no entry of the ledger was changed.

    Names the first entry that was edited, removed, moved or cut off, and exits 2. What cannot be told is in docs/review.md.

    \b
    infusion-audit review verify
    """
    from infusion_audit.errors import UserError
    from infusion_audit.review import trusted
    from infusion_audit.workspace import Workspace

    ledger = trusted(Workspace(workspace))
    seen = next((entry.seq for entry in ledger.entries if head and entry.hash == head.strip().lower()), None)
    if head and seen is None:
        raise UserError(
            f"no entry of the ledger has the hash {head}",
            hint="The ledger was replaced since that hash was noted, or the hash is mistyped.",
        )
    click.echo("The review ledger is whole." + (f" Nothing up to entry {seen} was changed since that hash was noted." if seen else ""))
    _print_head(len(ledger.entries), ledger.head, ledger.remarks)


def _print_entry(entry: Entry) -> None:
    """One entry: who, when (stated and recorded), what, why, and what it changed."""
    said, seen = entry.statement, entry.finding
    click.echo(f"{entry.seq}  {seen.rule_id}  {seen.finding_key}  {said.disposition}  {_line(said.reviewer)}")
    click.echo(
        f"   stated {said.reviewed_at or 'without a date'}, recorded {entry.recorded_at} by {_line(entry.recorded_by)}; run {seen.run_id}"
    )
    click.echo(f"   reason: {_line(said.reason)}")
    follow = {
        "action": said.action,
        "owner": said.owner,
        "due": said.action_due,
        "done": said.action_date,
        "waived until": said.waived_until,
    }
    if any(follow.values()):
        click.echo("   " + "; ".join(f"{name}: {_line(value)}" for name, value in follow.items() if value))
    for name, old in (entry.was or {}).items():
        click.echo(f"   changed {name}: {_line(old or 'nothing')} -> {_line(getattr(said, name) or 'nothing')}")


def _line(text: str) -> str:
    return " ".join(text.split())


def _print_head(entries: int, head: str, remarks: list[str]) -> None:
    click.echo(f"Ledger: {entries:,} entries, head {head}")
    for remark in remarks:
        click.echo(f"Note: {remark}")
