"""The page on changes: this run against the period before and against the run before, finding by finding and rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports.format import plain
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Where

AT_MOST = 100  # findings of one list; findings.csv of either run holds all
STATES = {
    "persisting": ("Persisting", "Found then and now."),
    "new": (
        "New in sessions judged before",
        "The session was judged then and had no such finding. The record, the protocol or the product changed.",
    ),
    "new_session": ("In new sessions", "The session was not in the earlier run."),
    "resolved": ("Resolved", "Found then; the same session now meets the statement, or it no longer applies."),
    "undecided": ("Now undecidable", "Found then; the same session can no longer be judged. That is not a resolution."),
    "not_judged": ("No longer judged", "Found then; this run's protocol does not judge the statement."),
    "vanished": ("Session gone", "The session lies in this run's period and is no longer in the data."),
    "elsewhere": ("Outside this period", "The session lies outside this run's period. Nothing is said about it."),
}
_NOW = ("persisting", "new", "new_session")


def changes(data: Summaries, run: Mapping[str, Any], history: Mapping[str, Any], where: Where) -> list[Row]:
    """One comparison for each earlier run, the period before first."""
    if not history["compared"]:
        return []
    counts: dict[tuple[str, str], int] = {}
    recurrent: dict[str, int] = {}
    for row in data.rows("changes_by_state"):
        counts[row["which"], row["state"]] = row["findings"]
        recurrent[row["which"]] = recurrent.get(row["which"], 0) + row["recurrent"]
    listed: dict[tuple[str, str], list[Row]] = {}
    for row in data.rows("changes"):
        listed.setdefault((row["which"], row["state"]), []).append(row)
    return [
        {
            **other,
            "same_protocol": other["protocol"]["sha256"] == run["protocol"]["sha256"],
            "now": sum(counts.get((other["kind"], state), 0) for state in _NOW),
            "then": sum(counts.get((other["kind"], state), 0) for state in STATES if state not in ("new", "new_session")),
            "recurrent": recurrent.get(other["kind"], 0),
            "states": [
                {
                    "code": state.replace("_", "-"),
                    "label": label,
                    "meaning": meaning,
                    "findings": counts.get((other["kind"], state), 0),
                    "rows": []
                    if state in ("new_session", "elsewhere")
                    else [_item(row, where) for row in listed.get((other["kind"], state), [])],
                }
                for state, (label, meaning) in STATES.items()
            ],
            "rules": _rates(run["verdicts"], other["verdicts"]),
        }
        for other in history["compared"]
    ]


def _item(row: Row, where: Where) -> Row:
    return row | {
        "href": where.finding(row["session_id"], row["rule_id"]),
        "then": plain(_rounded(row["observed_before"])),
        "now": plain(_rounded(row["observed"])),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _rates(now: Mapping[str, Mapping[str, int]], then: Mapping[str, Mapping[str, int]]) -> Sequence[Row]:
    """Every rule that either run judged, with both rates and their intervals; counts, no test."""
    rows: list[Row] = []
    for rule in sorted({*now, *then}):
        sides: list[Row | None] = []
        for verdicts in (then.get(rule), now.get(rule)):
            judged = verdicts["compliant"] + verdicts["violation"] if verdicts else 0
            sides.append(
                {"findings": verdicts["violation"], "n": judged, "rate": wilson_95(verdicts["compliant"], judged)} if verdicts else None
            )
        before, after = sides
        apart = bool(
            before and after and before["rate"] and after["rate"]
            and (before["rate"].high < after["rate"].low or after["rate"].high < before["rate"].low)
        )  # fmt: skip
        rows.append({"rule_id": rule, "then": before, "now": after, "apart": apart})
    return rows
