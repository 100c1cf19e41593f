"""What a case sheet says of the time around a session: the hours in which a limit on 24 hours was reached, baseline, and recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from infusion_audit_reports import chains
from infusion_audit_reports.format import measured_min, moment, plural
from infusion_audit_reports.summaries import Row

_BASELINE = {"sedation": "KM-11", "respiratory": "KM-12"}
_NONE = "no assessment within a day before the start"


class Line(NamedTuple):
    """One step: when, what, and what is said beside it, perhaps with the page of another session."""

    when: str
    words: str
    beside: str
    href: str | None = None


class Around(NamedTuple):
    """A chain with a line that says where was looked, and perhaps what it comes to."""

    title: str
    says: str
    lines: list[Line]
    total: str = ""


def hours(
    rows: Sequence[Row],
    local: Callable[[datetime], datetime],
    limits: Mapping[str, chains.Limit],
    verdicts: Mapping[str, Row],
    sheets: Mapping[str, str],
) -> list[Around]:
    """The hours of each limit on a total in so many hours, with the doses of other sessions in them."""
    found: list[Around] = []
    for rule_id, limit in limits.items():
        of = chains.told("window", [row for row in rows if row["rule_id"] == rule_id], [limit])
        if not of:
            continue
        first = of[0]
        others = {row["given_in"] for row in of if row["is_other"]}
        reach = f"{plural(len(others), 'other session')} of this patient gave a dose" if others else "No other session gave a dose"
        span = f"{moment(local(first['opens_at']))} to {moment(local(first['closes_at']))}"
        says = f"The {first['window_h']} hours with the most: {span}. {reach} in them."
        if first["row_kept_out"]:
            says += " A row that was kept out may have added to it."
        elif verdicts[rule_id]["observed_high"] is None and all(row["mg_high"] is not None for row in of):
            says += " Other hours hold an amount that is not known, and perhaps more."
        title = f"{rule_id}: dose in {first['window_h']} hours"
        found.append(Around(title, says, [_given(row, local, sheets) for row in of], chains.total(of, [limit])))
    return found


def _given(row: Row, local: Callable[[datetime], datetime], sheets: Mapping[str, str]) -> Line:
    begun, ended = local(row["inside_from"]), None if row["ended_at"] is None else local(row["inside_to"])
    until = (
        " to ?"
        if ended is None
        else ""
        if ended == begun
        else f" to {ended:%H:%M}"
        if ended.date() == begun.date()
        else f" to {ended:%m-%d %H:%M}"
    )
    what = f"{chains.COMPONENTS.get(row['component'], row['component'])}: {row['conversion']}"
    beside = f"session of {moment(local(row['given_in_started_at']))}" if row["is_other"] else "this session"
    part = "" if row["is_whole"] else ", the part in these hours"
    return Line(f"{begun:%m-%d %H:%M}{until}", what + part, beside, sheets.get(row["given_in"]) if row["is_other"] else None)


def baseline(rows: Sequence[Row], shift: timedelta, verdicts: Mapping[str, Row]) -> list[Around]:
    """Where a baseline was looked for, and the last assessment before the start."""
    asked = [row for row in rows if _applies(verdicts.get(_BASELINE[row["domain"]]))]
    if not asked:
        return []
    first = asked[0]
    span = f"{first['wanted_from'] + shift:%H:%M} to the start at {first['wanted_to'] + shift:%H:%M}"
    kinds = "; ".join(f"{domain} by {words}" for domain, words in {row["domain"]: row["kinds"].replace("_", " ") for row in asked}.items())
    says = f"Looked for from {span} ({measured_min(first['allowed_min'])}): {kinds}."
    for domain, number in {row["domain"]: row["unusable_rows"] for row in asked if row["unusable_rows"]}.items():
        says += f" {plural(number, f'{domain} row')} in this time with a value that its scale does not know: no assessment."
    return [Around("Baseline before the start", says, [_last_before(row, shift) for row in asked])]


def _last_before(row: Row, shift: timedelta) -> Line:
    if row["moment"] is None:
        return Line(row["domain"], _NONE, "")
    before = (row["wanted_to"] - row["moment"]).total_seconds() / 60
    seen = row["moment"] + shift
    clock = f"{seen:%H:%M}" if row["moment"].date() == row["wanted_to"].date() else moment(seen)
    words = (
        f"{row['kind'].replace('_', ' ')} {row['value']} at {clock} = {measured_min(max(0.0, before), row['allowed_min'])} before the start"
    )
    verdict = "too early; " if before > row["allowed_min"] else ""
    return Line(row["domain"], words, f"{verdict}at most {measured_min(row['allowed_min'])}; {row['row']}")


def recovery(rows: Sequence[Row], shift: timedelta) -> list[Around]:
    """How long recovery was watched, and of each requirement the gaps that are too long, or else the longest one."""
    favourable = [row for row in rows if row["reading"] == "favourable"]
    if not favourable:
        return []
    first = favourable[0]
    says = f"Watched from {first['watched_from'] + shift:%H:%M} to {first['watched_to'] + shift:%H:%M}"
    if first["discharged_early"]:
        says += f": the patient was discharged before the {measured_min(first['recovery_min'])} of recovery were over."
    elif first["discharge_unknown"]:
        says += f" ({measured_min(first['recovery_min'])}); no discharge is charted, so that nobody can tell whether the patient stayed."
    else:
        says += f" ({measured_min(first['recovery_min'])} after the end)."
    lines: list[Line] = []
    for row in worst(favourable):
        ends = [f"{row['from_row'] or 'end of the session'}", f"{row['to_row'] or 'end of the time watched'}"]
        words = f"{row['gap_from'] + shift:%H:%M} to {row['gap_to'] + shift:%H:%M} = {measured_min(row['gap_min'], row['allowed_min'])}"
        beside = (
            f"{'too long; at most' if row['too_long'] else 'the longest; at most'} {measured_min(row['allowed_min'])}; {' and '.join(ends)}"
        )
        lines.append(Line(row["requirement"].replace("_", " "), words, beside))
    return [Around("Recovery after the end", says, lines)]


def worst(rows: Sequence[Row]) -> list[Row]:
    """Of each requirement the gaps that are too long, or else the longest one."""
    by: dict[str, list[Row]] = {}
    for row in rows:
        by.setdefault(row["requirement"], []).append(row)
    return [row for of in by.values() for row in ([each for each in of if each["too_long"]] or [max(of, key=lambda each: each["gap_min"])])]


def _applies(verdict: Row | None) -> bool:
    return verdict is not None and verdict["verdict"] != "not_applicable"
