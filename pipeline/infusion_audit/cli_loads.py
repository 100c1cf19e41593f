"""The commands that list the extracts of a workspace and take one out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from infusion_audit import terminal
from infusion_audit.cli_base import Group, option_workspace

COLUMNS = ("id", "site", "taken", "timezone", "source", "files", "received", "loaded", "quarantined", "duplicates", "in_use")


@click.group("loads", cls=Group)
def loads_group() -> None:
    """List what was loaded, and take it out."""


@loads_group.command("list")
@option_workspace
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def loads_list(workspace: Path, as_json: bool) -> None:
    """List the extracts of the workspace.

    With site, time taken, format, files, and what became of their rows. A row that was loaded and is no longer
    in use was replaced by a later extract's.

    \b
    infusion-audit loads list
    """
    from infusion_audit.engine import connect
    from infusion_audit.removal import loads
    from infusion_audit.workspace import Workspace

    home = Workspace(workspace)
    home.must_be_loaded()
    with home.lock(), connect(home.warehouse) as connection:
        found = loads(connection)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        terminal.print_table([name.replace("_", " ") for name in COLUMNS], [[each[name] for name in COLUMNS] for each in found])


@loads_group.command("remove")
@click.argument("extract", metavar="ID", type=int)
@option_workspace
def loads_remove(extract: int, workspace: Path) -> None:
    """Take an extract out, as if it had never been loaded.

    Rows that it replaced come back, and rows that others also brought stay. Reports that were published stay as they are.

    \b
    infusion-audit loads remove 3
    """
    from infusion_audit.engine import connect
    from infusion_audit.removal import remove
    from infusion_audit.workspace import Workspace

    home = Workspace(workspace)
    home.must_be_loaded()
    with home.lock(), connect(home.warehouse) as connection:
        removed = remove(connection, extract)
    click.echo(f"load {extract} of {removed.extract['site']} taken out: {removed.rows:,} rows")
    click.echo(f"{removed.restored:,} rows of other extracts are in use again")
    click.echo("Judge what remains: infusion-audit check, or run the next extract. To have it back, load its files again.")
