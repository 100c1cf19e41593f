"""What other readings of the protocol would say about the same data, in the same run.

The rules and views that judged are run once more in one query for each reading. What the reading changes stands in front
as common table expressions of the same names: first the settings, then every view that depends on them. Everything else
is read from the tables of the run, so no rule exists twice and only what changes is computed again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infusion_audit import protocol as protocols
from infusion_audit.engine import Connection, rows
from infusion_audit.protocol import Protocol
from infusion_audit.readings import Answer, alternatives
from infusion_audit.rulebook import Rulebook
from infusion_audit.staging import text_literal
from infusion_audit.views import needed_by, reads, views

# They read of a session only its patient and its times, which no reading changes.
_OF_TIMES = {"lost_row", "other_route", "session_total", "window_total"}
_OWN = """
    select a.rule_id, verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) as verdict
    from answer as a
    inner join temp.session as s on s.session_no = a.session_no
"""
_FOUND = "select session_no from answer where applies and violates"
_VERDICTS = ("compliant", "violation", "not_applicable", "not_evaluable")


@dataclass(frozen=True)
class Answered:
    """A query for a reading's answers: rule_id, session_no, verdict and bounds, for the sessions of the run's period."""

    rules: Sequence[str]
    sql: str
    parameters: Sequence[object]


def create(connection: Connection) -> None:
    """Create the empty temporary tables ``sensitivity`` and ``reading_verdict``."""
    connection.execute(
        """
        create or replace temp table reading_verdict (
            reading_no integer, rule_id varchar, session_no integer, verdict varchar, observed_low double, observed_high double
        )
        """
    )
    connection.execute(
        """
        create or replace temp table sensitivity (
            reading_no integer, issue varchar, question varchar, setting varchar, answer varchar, meaning varchar, is_chosen boolean,
            rule_id varchar, compliant bigint, violation bigint, not_applicable bigint, not_evaluable bigint
        )
        """
    )


def compute(
    connection: Connection, protocol: Protocol, rulebook: Rulebook, only: Sequence[str] | None = None, remembered: str = _FOUND
) -> None:
    """Fill the temporary table ``sensitivity``: the verdicts of each rule concerned, counted under each reading of the protocol.

    An answer that does not fit the rest of the protocol is listed without counts. ``reading_verdict`` remembers what the other
    readings say of the sessions of a query, by default those in which a rule found something. With ``only`` no further rule is asked.
    """
    create(connection)
    own = _counted(connection, f"({_OWN})")
    for number, (question, answer, other) in enumerate(alternatives(protocol), start=1):
        rules = [rule_id for rule_id in question.rules if _is_asked(rule_id, protocol, rulebook, only)]
        counted = own if other is protocol else {}
        if rules and other and other is not protocol:
            query = answered(connection, protocol, other, rulebook, rules, question.passes_over)
            connection.execute(f"create or replace temp table reading_answer as {query.sql}", query.parameters)
            counted = _counted(connection, "reading_answer")
            connection.execute(
                f"""
                insert into reading_verdict by name
                select {number} as reading_no, rule_id, session_no, verdict, observed_low, observed_high
                from reading_answer where session_no in ({remembered})
                """
            )
        for rule_id in rules:
            what = [number, question.issue, question.asks, question.setting, _text(answer), question.meaning(answer), other is protocol]
            numbers = counted.get(rule_id, [None if other is None else 0] * len(_VERDICTS))
            connection.execute("insert into sensitivity values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*what, rule_id, *numbers])


def _counted(connection: Connection, source: str) -> dict[str, list[int]]:
    """How many sessions got which verdict, by rule."""
    found = connection.execute(f"select rule_id, {_counts()} from {source} group by rule_id").fetchall()
    return {rule_id: list(numbers) for rule_id, *numbers in found}


def _is_asked(rule_id: str, protocol: Protocol, rulebook: Rulebook, only: Sequence[str] | None) -> bool:
    return rule_id in rulebook and protocol.judges(rule_id) and (only is None or rule_id in only)


def answered(
    connection: Connection,
    protocol: Protocol,
    other: Protocol,
    rulebook: Rulebook,
    rules: Sequence[str],
    passes_over: Sequence[str] = (),
) -> Answered:
    """The query that judges some rules by another reading of the protocol; none of them asks about the domains passed over."""
    changed, values = _changed_settings(protocol, other)
    comparators = {rule: other.rules[rule].comparator for rule in rules if other.rules[rule] != protocol.rules[rule]}
    shadows: list[str] = []
    if changed:
        shadows.append(f"setting as (select * replace ({', '.join(changed.values())}) from temp.setting)")
    if comparators:
        cases = " ".join("when ? then ?" for _ in comparators)
        shadows.append(f"rule as (select * replace (case rule_id {cases} else comparator end as comparator) from temp.rule)")
        values += [each for pair in comparators.items() for each in pair]
    again = _to_build(connection, [rulebook.rules[rule].sql for rule in rules], set(changed), {"rule"} if comparators else set())
    if "session" not in again:
        shadows.append("session as (select * from temp.session union all select * from temp.session_elsewhere)")
    texts = {name: views()[name] for name in again}
    if "requirement" in texts and passes_over:
        texts["requirement"] = f"select * from ({texts['requirement']}) where domain not in ({', '.join(map(text_literal, passes_over))})"
    shadows += [f"{name} as ({text})" for name, text in texts.items()]
    answers = " union all ".join(
        f"select '{rule}' as rule_id, session_no, applies, violates, cast(observed_low as double) as observed_low, "
        f"cast(observed_high as double) as observed_high from ({rulebook.rules[rule].sql})"
        for rule in rules
    )
    sql = f"""
        with {", ".join(shadows)}
        select
            a.rule_id, a.session_no, a.observed_low, a.observed_high,
            verdict_of(own.not_in_force or own.below_age, a.applies, a.violates) as verdict
        from ({answers}) as a
        inner join temp.session as own on own.session_no = a.session_no
    """
    return Answered(rules, sql, values)


def _changed_settings(protocol: Protocol, other: Protocol) -> tuple[dict[str, str], list[object]]:
    """The columns of ``setting`` that another reading changes, as expressions, and their values."""
    before, after = protocols.setting_values(protocol), protocols.setting_values(other)
    names = [name for name in after if after[name] != before[name]]
    return {name: f"cast(? as {after[name][0]}) as {name}" for name in names}, [after[name][1] for name in names]


def _to_build(connection: Connection, queries: Sequence[str], changed: set[str], tables: set[str]) -> list[str]:
    """The views that some rules need and that the run did not, or that read a changed setting or table, be it through other views."""
    built = {name for (name,) in connection.execute("select table_name from duckdb_tables() where temporary").fetchall()}
    again: list[str] = []
    for name in needed_by(queries):
        query = views()[name]
        sources = reads(query) - ({"session"} if name in _OF_TIMES else set())
        if name not in built or _mentions(query, changed) or sources & {*again, *tables}:
            again.append(name)
    return again


def _mentions(query: str, columns: set[str]) -> bool:
    return "setting" in reads(query) and any(re.search(rf"\b{column}\b", query) for column in columns)


def _counts() -> str:
    return ", ".join(f"count(*) filter (where verdict = '{verdict}')" for verdict in _VERDICTS)


def _text(answer: Answer) -> str:
    if isinstance(answer, tuple):
        return ", ".join(answer)
    return answer if isinstance(answer, str) else str(answer).lower()


def listed(connection: Connection) -> list[dict[str, Any]]:
    """The panel as the manifest records it."""
    return rows(
        connection,
        """
        select issue, setting, answer, is_chosen as chosen, rule_id, violation, not_evaluable
        from sensitivity
        order by reading_no, rule_id
        """,
    )
