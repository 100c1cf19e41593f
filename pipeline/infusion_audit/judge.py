"""The rules judge care: views are built in the order of their needs, every rule judges every session, verdicts follow.

Everything is a temporary table on the connection, so that a run leaves nothing but its outputs behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from infusion_audit import protocol as protocols
from infusion_audit.engine import Connection, resource

if TYPE_CHECKING:
    from infusion_audit.period import Period
    from infusion_audit.protocol import Protocol
    from infusion_audit.rulebook import Rulebook

_ANSWER = (
    "session_no, applies, violates, cast(observed_low as double), cast(observed_high as double), "
    "marginal, below_range, reason, flags, evidence"
)


def judge(
    connection: Connection,
    protocol: Protocol,
    rulebook: Rulebook,
    period: Period,
    run_id: str,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Fill the temporary table ``session`` (those of the period) and define the view ``verdict`` (one row per session and rule).

    Raises RuntimeError when a rule does not answer exactly once for every session: that is a bug in the rule, never a verdict.
    """
    connection.execute((resource("sql") / "macros.sql").read_text("utf-8"))
    protocols.install(connection, protocol, rulebook)
    connection.execute("create or replace temp table this_run as select cast(? as varchar) as run_id", [run_id])
    progress("reconstructing sessions and doses")
    for view in _views_in_order():
        connection.execute(f"create or replace temp table {view.stem} as {_query(view)}")
    progress("judging")
    _answer(connection, rulebook, period)
    for table in ("reason", "ordered_answer", "source_rows"):
        connection.execute(f"create or replace temp table {table} as {shipped_query(table)}")
    connection.execute(f"create or replace temp view verdict as {shipped_query('verdict')}")


def shipped_query(name: str) -> str:
    """The text of a query of ``sql/judge``."""
    return _query(resource("sql") / "judge" / f"{name}.sql")


def _answer(connection: Connection, rulebook: Rulebook, period: Period) -> None:
    connection.execute(f"create or replace temp table judged_rule as {shipped_query('judged_rule')}")
    rules = [str(rule_id) for (rule_id,) in connection.execute("select rule_id from judged_rule order by rule_id").fetchall()]
    connection.execute(
        """
        create or replace temp table answer (
            rule_id varchar, session_no integer, applies boolean, violates boolean, observed_low double, observed_high double,
            marginal boolean, below_range boolean, reason varchar, flags varchar[], evidence bigint[]
        )
        """
    )
    for rule_id in rules:
        text = rulebook.rules[rule_id]
        connection.execute(f"insert into answer select ?, {_ANSWER} from ({text.sql})", [rule_id])
    wrong = connection.execute(
        """
        select r.rule_id, count(a.session_no), count(distinct a.session_no), (select count(*) from session)
        from judged_rule as r
        left join answer as a on a.rule_id = r.rule_id
        group by r.rule_id
        having count(a.session_no) <> (select count(*) from session) or count(distinct a.session_no) <> (select count(*) from session)
        """
    ).fetchall()
    if wrong:
        raise RuntimeError("; ".join(f"{rule} answered {n} times for {d} of {total} sessions" for rule, n, d, total in wrong))
    inside = "(coalesce(local_date >= ?, true) and coalesce(local_date <= ?, true))"
    connection.execute(
        f"create or replace temp table session_elsewhere as select * from session where not {inside}", [period.first, period.last]
    )
    connection.execute(f"delete from session where not {inside}", [period.first, period.last])


@cache
def _views_in_order() -> list[Path]:
    """The views, each after those that its text names."""
    files = {file.stem: file for file in (resource("sql") / "views").glob("*.sql")}
    words = {name: set(re.findall(r"\b(?:from|join)\s+(\w+)", _query(file))) for name, file in files.items()}
    needs = {name: sorted((words[name] & files.keys()) - {name}) for name in sorted(files)}
    return [files[name] for name in TopologicalSorter(needs).static_order()]


def _query(file: Path) -> str:
    return file.read_text("utf-8").rstrip().removesuffix(";")
