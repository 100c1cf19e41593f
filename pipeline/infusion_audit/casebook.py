"""The steps from the source rows to a verdict, laid open: of one session for ``rules explain``, of many at once for case sheets.

Every step is a query of ``sql/explain`` and becomes a temporary table ``step_...``. It is asked as if there were no other
sessions than those of the temporary table ``case_session``. A step that reads what no enabled rule needs is left out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from infusion_audit.engine import resource
from infusion_audit.judge import shipped_query, views_of_run
from infusion_audit.views import needed_by, query_of

if TYPE_CHECKING:
    from infusion_audit.engine import Connection
    from infusion_audit.rulebook import Rulebook

_CHOSEN = "session as (select * from temp.session where session_no in (select session_no from case_session))"


@cache
def steps(family: str | None = None) -> dict[str, str]:
    """The queries by the name of their step: ``all_*.sql`` first, then those named after a family of rules (``kd_1_infusion.sql``)."""
    folder = resource("sql") / "explain"
    files = [*sorted(folder.glob("all_*.sql")), *sorted(folder.glob(f"{family or 'k?'}_*.sql"))]
    return {re.sub(r"^[a-z]+_(\d_)?", "", file.stem): query_of(file) for file in files}


def table(step: str) -> str:
    """The temporary table of a step."""
    return f"step_{step}"


def choose(connection: Connection, at_most: int) -> None:
    """Create ``case_session``: the sessions with findings, the most severe first, as many as get a case sheet."""
    connection.execute(f"create or replace temp table case_session as {shipped_query('case_session')} limit {at_most:d}")


def lay_open(connection: Connection, rulebook: Rulebook, family: str | None = None) -> list[str]:
    """Make the tables of the steps for the sessions of ``case_session``; returns the names of the steps."""
    connection.execute((resource("sql") / "explain" / "macros.sql").read_text("utf-8"))
    built = set(views_of_run(connection, rulebook))
    taken = {step: query for step, query in steps(family).items() if built.issuperset(needed_by([query]))}
    for step, query in taken.items():
        connection.execute(f"create or replace temp table {table(step)} as with {_CHOSEN} select * from ({query})")
    return list(taken)
