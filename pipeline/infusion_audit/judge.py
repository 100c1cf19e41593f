"""The rules judge care: views are built in the order of their needs, every rule judges every session, verdicts follow.

Everything is a temporary table on the connection, so that a run leaves nothing but its outputs behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from infusion_audit import protocol as protocols
from infusion_audit.engine import Connection, resource
from infusion_audit.views import needed_by, query_of, views

if TYPE_CHECKING:
    from infusion_audit.period import Period
    from infusion_audit.protocol import Protocol
    from infusion_audit.rulebook import Rulebook, RuleText


def judge(
    connection: Connection,
    protocol: Protocol,
    rulebook: Rulebook,
    period: Period,
    run_id: str,
    progress: Callable[[str], None] = lambda _: None,
    readers: Iterable[str] = (),
) -> None:
    """Fill the temporary table ``session`` (those of the period) and define the view ``verdict`` (one row per session and rule).

    Only the views are built that an enabled rule, the report or one of ``readers`` (further queries) reads.

    Raises RuntimeError when a rule gives other columns than a verdict is made of, or does not answer exactly once for every
    session: that is a bug in the rule, never a verdict.
    """
    connection.execute((resource("sql") / "macros.sql").read_text("utf-8"))
    protocols.install(connection, protocol, rulebook)
    connection.execute(
        f"create or replace temp table code_set as {shipped_query('code_set')}", [str(resource("protocols") / "codesets.csv")]
    )
    connection.execute("create or replace temp table this_run as select cast(? as varchar) as run_id", [run_id])
    progress("reconstructing sessions and doses")
    rules = _enabled(connection, rulebook)
    for view in views_of_run(connection, rulebook, readers):
        connection.execute(f"create or replace temp table {view} as {views()[view]}")
    progress("judging")
    _answer(connection, rules, period)
    for table in ("reason", "ordered_answer", "source_rows", "stratum", "pain_outcome"):
        connection.execute(f"create or replace temp table {table} as {shipped_query(table)}")
    connection.execute(f"create or replace temp view verdict as {shipped_query('verdict')}")


def views_of_run(connection: Connection, rulebook: Rulebook, readers: Iterable[str] = ()) -> list[str]:
    """The views that an enabled rule, the report or a further query reads, in the order in which they can be built."""
    return needed_by((*(rule.sql for rule in _enabled(connection, rulebook)), *_queries_of_the_report(), *readers))


def shipped_query(name: str) -> str:
    """The text of a query of ``sql/judge``."""
    return query_of(resource("sql") / "judge" / f"{name}.sql")


def _enabled(connection: Connection, rulebook: Rulebook) -> list[RuleText]:
    """The rules that the protocol enables and this release can judge, in the order of their ids."""
    return [rulebook.rules[str(rule_id)] for (rule_id,) in connection.execute("select rule_id from rule order by rule_id").fetchall()]


def _answer(connection: Connection, rules: Sequence[RuleText], period: Period) -> None:
    connection.execute(f"create or replace temp table judged_rule as {shipped_query('judged_rule')}")
    connection.execute(
        """
        create or replace temp table answer (
            rule_id varchar, session_no integer, applies boolean, violates boolean, observed_low double, observed_high double,
            marginal boolean, below_range boolean, reason varchar, flags varchar[], evidence bigint[], found varchar
        )
        """
    )
    if slips := [slip for rule in rules for slip in rule.slips(_columns(connection, rule))]:
        raise RuntimeError("\n".join(slips))
    for rule in rules:
        add_answers(connection, rule)
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


def _columns(connection: Connection, rule: RuleText) -> list[str]:
    """The columns that a rule's query gives; by name an engine would take a missing one for NULL."""
    return [str(name) for name, *_ in connection.execute(f"describe {rule.sql}").fetchall()]


def add_answers(connection: Connection, rule: RuleText) -> None:
    """Put what a rule's query says about every session into the temporary table ``answer``."""
    connection.execute(f"insert into answer by name select cast(? as varchar) as rule_id, * from ({rule.sql})", [rule.rule_id])


@cache
def _queries_of_the_report() -> tuple[str, ...]:
    sql = resource("sql")
    return tuple(query_of(file) for folder in ("judge", "summaries") for file in sorted((sql / folder).glob("*.sql")))
