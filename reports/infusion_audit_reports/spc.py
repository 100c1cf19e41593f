"""The page on trends: one control chart per statement, what counts as a signal, and how many signals chance alone would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from infusion_audit_reports import control, small_charts
from infusion_audit_reports.control import Baseline, Count, Covered, Phase, Point
from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, percent, plural
from infusion_audit_reports.statistics import PROVISIONAL_BELOW
from infusion_audit_reports.summaries import Row, Summaries

# of a run whose workspace holds nothing else
ALONE: dict[str, Any] = {"rebases": [], "names": False, "months": {}, "part_of_month": [], "spans": [], "compared": []}
_FEW_MONTHS = 2


def trends(data: Summaries, scored: Sequence[Row], history: Mapping[str, Any]) -> Row:
    """Every statement over the months of this run and of the runs before it."""
    days: dict[str, list[Row]] = {}
    for row in data.rows("trends"):
        days.setdefault(row["rule_id"], []).append(row)
    covered = Covered(history["spans"])
    rules = [_rule(rule, days.get(rule["rule_id"], []), covered, _baselines(rule["rule_id"], history)) for rule in scored]
    charted = [rule for rule in rules if rule["chart"]]
    in_force = [rule for rule in charted if not rule["provisional"]]
    expected = sum(phase.expected_signals for rule in charted for phase in rule["phases"])
    return {
        "rules": charted,
        "quiet": [rule for rule in rules if not rule["chart"]],
        "judged_in_months": any(len(_months(of)) >= _FEW_MONTHS for of in days.values()),
        "signals": [rule for rule in in_force if rule["signals"]],
        "found": sum(len(rule["signals"]) for rule in in_force),
        "charts": len(charted),
        "in_force": len(in_force),
        "expected": expected,
        "least": PROVISIONAL_BELOW,
        "preferred": control.PREFERRED_BASELINE,
        "run": control.RUN,
        "rare_below": control.RARE_BELOW,
        "months": sorted(history["months"].items()),
        "part_of_month": history["part_of_month"],
        "rebases": history["rebases"],
    }


def _baselines(rule_id: str, history: Mapping[str, Any]) -> list[Baseline]:
    return [Baseline(one["first"], one["last"], one["why"]) for one in history["rebases"] if not one["rules"] or rule_id in one["rules"]]


def _rule(rule: Row, days: Sequence[Row], covered: Covered, baselines: Sequence[Baseline]) -> Row:
    months = _months(days)
    findings = sum(row["violation"] for row in days)
    met = sum(row["compliant"] for row in days)
    entry: Row = {key: rule[key] for key in ("rule_id", "slug", "statement", "severity")} | {"chart": None, "phases": [], "signals": []}
    if len(months) < _FEW_MONTHS:
        return entry | {"says": "Judged in fewer than two months." if months else "Never judged."}
    for event, number, word in (("violation", findings, "finding"), ("compliant", met, "session that meets it")):
        if control.rare(months, number):
            return entry | _rare(rule, days, months, number, word, event, covered, baselines)
    phases = control.p_chart(months, baselines)
    says = _says_p(phases)
    entry |= {"kind": "p", "phases": phases, "signals": _signals(phases, "share"), "says": says, "provisional": phases[-1].provisional}
    places = _places([point.label for phase in phases for point in phase.points])
    title = f"{rule['rule_id']}: sessions that meet the statement, by month"
    hits = {month.label: month.hits for month in months}
    rows = [
        (point.label, count(hits[point.label]), count(point.total), percent(point.value), _range(point), _signal(point, phase, "share"))
        for phase in phases
        for point in phase.points
    ]
    svg = small_charts.control_chart(f"p-{rule['slug']}", title, says, phases, places, scale=100, unit=" %")
    header = ("Month", "Meets it", "Judged", "Share", "Limits", "Signal")
    return entry | {"chart": Chart(f"p-{rule['slug']}", title, says, svg, header, rows)}


def _rare(
    rule: Row,
    days: Sequence[Row],
    months: Sequence[Count],
    number: int,
    word: str,
    event: str,
    covered: Covered,
    baselines: Sequence[Baseline],
) -> Row:
    """Days between events, where there are too few of them for a share by month."""
    judged = sum(month.total for month in months)
    phases = control.g_chart({date.fromisoformat(row["local_day"]): row[event] for row in days}, covered, baselines) if number else []
    gaps = sum(len(phase.points) for phase in phases)
    if gaps < _FEW_MONTHS:
        what = f"No {word}" if not number else plural(number, word) if word == "finding" else f"{count(number)} met"
        return {"says": f"{what} in {plural(len(months), 'month')} and {plural(judged, 'judged session')}: too few for a chart."}
    says = _says_g(phases, number, len(months), word)
    title = f"{rule['rule_id']}: days between {'findings' if word == 'finding' else 'sessions that meet it'}"
    rows = [
        (point.label, count(int(point.value)), f"up to {count(int(point.high))}", _signal(point, phase, "days"))
        for phase in phases
        for point in phase.points
    ]
    name = f"g-{rule['slug']}"
    svg = small_charts.control_chart(name, title, says, phases, range(gaps), scale=1, unit=" d")
    chart = Chart(name, title, says, svg, ("Found on", "Days since the one before", "Limit", "Signal"), rows)
    return {
        "kind": "g",
        "phases": phases,
        "signals": _signals(phases, "days"),
        "says": says,
        "provisional": phases[-1].provisional,
        "chart": chart,
    }


def _months(days: Sequence[Row]) -> list[Count]:
    found: dict[str, list[int]] = {}
    for row in days:
        month = found.setdefault(row["local_day"][:7], [0, 0])
        month[0] += row["compliant"]
        month[1] += row["compliant"] + row["violation"]
    return [Count(label, *found[label]) for label in sorted(found)]


def _places(labels: Sequence[str]) -> list[int]:
    """Months as places on a calendar, so that a missing one leaves a gap."""
    numbers = [12 * int(label[:4]) + int(label[5:7]) for label in labels]
    return [number - numbers[0] for number in numbers]


def _says_p(phases: Sequence[Phase]) -> str:
    phase, last = phases[-1], phases[-1].points[-1]
    first, until, frozen = phase.baseline
    begins = (
        f"{last.label}: {percent(last.value)} of {plural(last.total, 'session')}; centre {percent(phase.centre)} from {first} to {until}."
    )
    if phase.provisional:
        return f"{begins} Provisional: {frozen} of 12 months needed, so nothing is a signal."
    limits = f" Limits by Laney's p-prime (sigma_z = {phase.sigma_z:.2f})." if phase.overdispersed else f" sigma_z = {phase.sigma_z:.2f}."
    return begins + limits + _told(phases, "share")


def _says_g(phases: Sequence[Phase], number: int, months: int, word: str) -> str:
    phase = phases[-1]
    begins = (
        f"{plural(number, 'finding') if word == 'finding' else f'{count(number)} sessions that meet it'} in {months} months; "
        f"every other gap is longer than about {max(0.0, phase.centre):.0f} days."
    )
    if phase.provisional:
        return f"{begins} Provisional: {phase.baseline[2]} of 12 gaps needed, so nothing is a signal."
    return begins + _told(phases, "days")


def _told(phases: Sequence[Phase], what: str) -> str:
    signals = _signals(phases, what)
    if not signals:
        return " No signal."
    shown = "; ".join(f"{label} {words}" for label, words in signals[-3:])
    more = f" and {len(signals) - 3} earlier" if len(signals) > 3 else ""
    return f" {plural(len(signals), 'signal').capitalize()}: {shown}{more}."


def _signals(phases: Sequence[Phase], what: str) -> list[tuple[str, str]]:
    return [(point.label, _signal(point, phase, what)) for phase in phases for point in phase.signals]


def _signal(point: Point, phase: Phase, what: str) -> str:
    if not point.signal:
        return ""
    above = point.value > phase.centre
    if what == "days":
        return "longer apart than chance" if point.signal == "outside" else f"8 in a row {'longer' if above else 'closer together'}"
    return f"{'outside, ' if point.signal == 'outside' else '8 in a row '}{'above' if above else 'below'}"


def _range(point: Point) -> str:
    return f"{100 * point.low:.1f} to {100 * point.high:.1f}\u00a0%"
