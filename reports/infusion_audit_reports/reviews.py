"""Where the reviews stand: what is open, late, opened again or waived, and what that makes of the rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports import wording
from infusion_audit_reports.format import moment, month
from infusion_audit_reports.statistics import newcombe_95, wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import slug

LEAST_FOR_COMPARISON = 20  # judged sessions of a month
AT_MOST = 100  # rows of one list; the worklist and findings.csv hold all

# of a workspace in which nothing was ever reviewed
NONE: dict[str, Any] = {
    "as_of": None,
    "entries": 0,
    "head": None,
    "problem": None,
    "remarks": [],
    "sample": {"findings": 0, "once": 0, "twice": 0},
    "agreement": {"n": 0, "same": 0, "kappa": None},
}


def reviews(data: Summaries, facts: Mapping[str, Any], scored: Sequence[Row], where: Mapping[str, str]) -> Row:
    """What the page says; ``where`` tells on which page of the worklist a finding stands."""
    by_severity = data.rows("review_status")
    total = {key: sum(row[key] for row in by_severity) for key in (*wording.REVIEW_STATUS, "findings", "overdue")}
    items = [_item(row, where) for row in data.rows("review_items")]
    past = [_past(row) for row in data.rows("review_past")]
    changed = [rule for rule in scored if rule["excepted"] or rule["doubted"]]
    return {
        **facts,
        "by_severity": by_severity,
        "total": total,
        "statuses": list(wording.REVIEW_STATUS.items()),
        "settled": {row["disposition"]: row["findings"] for row in data.rows("review_dispositions")},
        "meanings": wording.DISPOSITIONS,
        "lists": [
            _list(
                "Opened again",
                "What answered these findings answers them no longer.",
                [row for row in items if row["status"] == "reopened"],
            ),
            _list(
                "Not settled between two reviewers",
                "The first review stands and the second is awaited, or the two disagree.",
                [row for row in items if row["status"] in ("second_awaited", "disagreement")],
            ),
            _list("Actions overdue", "Due before the day of this report, and not done.", [row for row in items if row["action_overdue"]]),
            _list(
                "Other actions", "Agreed on; done, or not due yet.", [row for row in items if row["action"] and not row["action_overdue"]]
            ),
            _list(
                "Waivers",
                "Findings that are accepted until a day. Afterwards they are open again.",
                [row for row in items if row["waiver"]],
            ),
        ],
        "actions_overdue": sum(row["action_overdue"] for row in items),
        "waivers": {state: sum(row["waiver"] == state for row in items) for state in ("in_force", "expired")},
        "past": past,
        "closed": sum(row["status"] == "closed" for row in past),
        "reaudits": [_reaudit(row) for row in data.rows("reaudit")],
        "rates": changed,
        "outcome": _outcome(data) if changed else None,
    }


def after_review(rule: Row) -> Row:
    """A rule's rate without the findings that a review took out of it: never a higher count of sessions that meet it."""
    counted = rule["n"] - rule["excepted"] - rule["doubted"]
    return {"reviewed_n": counted, "reviewed_rate": wilson_95(rule["compliant"], counted)}


def _outcome(data: Summaries) -> Row:
    (outcome,) = data.rows("outcomes_after_review")
    in_scope = outcome["compliant"] + outcome["with_finding"] + outcome["undecided"]
    return outcome | {"in_scope": in_scope, "rate": wilson_95(outcome["compliant"], in_scope)}


def _reaudit(row: Row) -> Row:
    """Two months of one statement, each with its interval; they are compared only where both have enough judged sessions."""
    sides: dict[str, Row | None] = {}
    for when in ("before", "after"):
        met, missed = row[f"{when}_compliant"], row[f"{when}_violation"]
        known = met is not None
        sides[when] = {"n": met + missed, "rate": wilson_95(met, met + missed)} if known else None
    before, after = sides["before"], sides["after"]
    if after is None:
        says = "Awaited: no run holds that whole month yet."
    elif before is None:
        says = "No run holds the whole month before."
    elif min(before["n"], after["n"]) < LEAST_FOR_COMPARISON:
        says = f"Not compared: a month has fewer than {LEAST_FOR_COMPARISON} judged sessions."
    else:
        low, high = newcombe_95(after["rate"], before["rate"])
        points = f"{100 * low:+.1f} to {100 * high:+.1f} points".replace("-", "\u2212")
        says = f"{'Met more often' if low > 0 else 'Met less often' if high < 0 else 'Cannot be told apart'}: {points} (95 % interval)."
    versions = {row["before_version"], row["after_version"]} - {None}
    return {
        "rule_id": row["rule_id"],
        "slug": slug(row["rule_id"]),
        "action_date": row["action_date"],
        "actions": row["actions"],
        "months": (month(row["before_month"]), month(row["after_month"])),
        "sides": (before, after),
        "says": says,
        "versions": f"Versions {row['before_version']} and {row['after_version']} of the protocol." if len(versions) > 1 else "",
    }


def _item(row: Row, where: Mapping[str, str]) -> Row:
    anchor = slug(f"f-{row['session_id']}-{row['rule_id']}")
    return row | {
        "href": f"{where[anchor]}#{anchor}" if anchor in where else None,
        "started": moment(row["started_local"]),
        "status": row["review_status"],
        "stands": wording.REVIEW_CAUSES.get(row["review_cause"]) or wording.REVIEW_STATUS[row["review_status"]],
    }


def _list(title: str, says: str, rows: list[Row]) -> Row:
    return {"title": title, "slug": slug(title.lower()), "says": says, "rows": rows[:AT_MOST], "more": max(0, len(rows) - AT_MOST)}


def _past(row: Row) -> Row:
    verdict = wording.VERDICTS.get(row["verdict"] or "", "The session is no more")
    return row | {"stands": wording.REVIEW_PAST[row["status"]], "now": verdict, "started": row["session_started_at"][:16].replace("T", " ")}
