"""Lint: what only the judged sessions can show about a protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infusion_audit.engine import Connection
from infusion_audit.protocol import Protocol
from infusion_audit.protocol.problem import Problem, in_order


def after_judging(connection: Connection, protocol: Protocol, verdicts: Mapping[str, Mapping[str, int]]) -> list[Problem]:
    """PL-20 and PL-24, which need the sessions of the period."""
    return in_order(each.in_text(protocol.text) for each in (*_short_sessions(connection, protocol), *_idle_rules(verdicts)))


def _short_sessions(connection: Connection, protocol: Protocol) -> Iterator[Problem]:
    interval = min([phase.interval_min for phase in protocol.monitoring.phases[:1]] or [protocol.monitoring.interval_min])
    row = connection.execute(
        """
        select count(*) filter (where epoch_us(ended_at) - epoch_us(started_at) < ? * 60000000), count(*)
        from session
        where has_infusion and not times_uncertain
        """,
        [interval],
    ).fetchone()
    short, total = row or (0, 0)
    if short:
        what = f"{short} of {total} sessions with an infusion were shorter than the interval of {interval:f} min"
        yield Problem("PL-20", "monitoring.interval_min", what, "Nobody had to be assessed during those: check the interval.")


def _idle_rules(verdicts: Mapping[str, Mapping[str, int]]) -> Iterator[Problem]:
    for rule_id, counts in sorted(verdicts.items()):
        judged, undecided = counts["compliant"] + counts["violation"], counts["not_evaluable"]
        concerned = judged + undecided
        if sum(counts.values()) and not concerned:
            yield Problem("PL-24", f"rules.{rule_id}", "concerned no session of this period", "A rule that never applies shows nothing.")
        elif undecided * 5 > concerned:
            what = f"could not be judged in {undecided} of the {concerned} sessions that it concerned"
            yield Problem("PL-24", f"rules.{rule_id}", what, "See the causes on the data-quality page.")
