"""One page per rule, laid out as quality registries lay out a measure, with its result, trend and findings in this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infusion_audit_reports import wording
from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, interval, month, percent, plural
from infusion_audit_reports.sketch import Sketch
from infusion_audit_reports.statistics import Interval, wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Finding, slug

FIRST = 10  # findings that the page itself lists; the worklist holds all
_WIDTH, _HEIGHT = 440, 176


def page_name(rule_id: str) -> str:
    """The file of a rule's page."""
    return f"rule-{slug(rule_id).lower()}.html"


def rule_pages(
    data: Summaries, scored: Sequence[Row], readings: Sequence[Row], changes: Row | None, worst: Mapping[str, Sequence[Finding]]
) -> list[Row]:
    """What each page says, beside the rule's row of the scorecard."""
    words = {row["rule_id"]: row for row in data.rows("measures")}
    months: dict[str, list[Row]] = {}
    for row in data.rows("rule_months"):
        months.setdefault(row["rule_id"], []).append(row)
    kinds: dict[str, list[Row]] = {}
    for row in data.rows("rule_kinds"):
        kinds.setdefault(row["rule_id"], []).append(
            row | {"label": wording.kind_label(row["kind"]), "meaning": wording.kind_meaning(row["kind"])}
        )
    changed = {row["rule_id"]: row for row in changes["rows"]} if changes else {}
    return [
        rule
        | words[rule["rule_id"]]
        | {
            "months": (rows := [_month(row) for row in months.get(rule["rule_id"], ())]),
            "trend": trend(rule["rule_id"], rows),
            "kinds": kinds.get(rule["rule_id"], []),
            "worst": worst.get(rule["rule_id"], ()),
            "readings": _readings(readings, rule["rule_id"]),
            "before": changes and changed.get(rule["rule_id"], {"now": None}),
        }
        for rule in scored
    ]


def _month(row: Row) -> Row:
    judged = row["compliant"] + row["violation"]
    return row | {"label": month(row["month"]), "judged": judged, "rate": wilson_95(row["compliant"], judged)}


def _readings(readings: Sequence[Row], rule_id: str) -> list[Row]:
    """The questions that the source text leaves open about this rule, each with what every answer would find."""
    found: list[Row] = []
    for question in readings:
        answers = [answer | {"row": row} for answer in question["answers"] for row in answer["rules"] if row["rule_id"] == rule_id]
        if answers:
            found.append(question | {"answers": answers})
    return found


def trend(rule_id: str, months: Sequence[Row]) -> Chart | None:
    """The rule's rate month by month; nothing to show before the second month in which it was judged."""
    found = [(row, share) for row in months if (share := row["rate"])]
    if len(found) < 2:
        return None
    (first, before), (last, now) = found[-2:]
    overlap = now.low <= before.high and before.low <= now.high
    title = f"{rule_id}: sessions that meet the statement, by month"
    says = (
        f"{last['label']}: {percent(now.rate)} of {count(last['judged'])} judged, after {percent(before.rate)} of {count(first['judged'])} "
        f"in {first['label']}. "
        + ("The intervals overlap: these two cannot be told apart." if overlap else "The intervals do not overlap.")
    )
    name = f"trend-{slug(rule_id).lower()}"
    return Chart(
        name,
        title,
        f"{says} The bars are 95 % intervals.",
        _draw([row["label"] for row, _ in found], [share for _, share in found]).picture(name=name, title=title, says=says),
        ("Month", "Judged", "Meets it", "Rate", "95 % interval", "Cannot be judged"),
        [
            (
                row["label"],
                count(row["judged"]),
                count(row["compliant"]),
                percent(rate.rate if rate else None),
                interval(rate),
                plural_or_none(row),
            )
            for row in months
            for rate in [row["rate"]]
        ],
    )


def plural_or_none(row: Row) -> str:
    """How many sessions of a month could not be judged."""
    return plural(row["not_evaluable"], "session") if row["not_evaluable"] else "none"


def _draw(labels: Sequence[str], shares: Sequence[Interval]) -> Sketch:
    sketch = Sketch(_WIDTH, _HEIGHT)
    left, right, top, bottom = 46.0, _WIDTH - 22.0, 10.0, _HEIGHT - 26.0
    for part in (0, 50, 100):
        y = bottom - part / 100 * (bottom - top)
        sketch.line((left, y), (right, y))
        sketch.text((left - 6, y + 4.5), f"{part}\u00a0%", anchor="end")
    gap = (right - left - 20) / (len(labels) - 1)
    places = [(left + 10 + number * gap, [bottom - value * (bottom - top) for value in share]) for number, share in enumerate(shares)]
    for x, (_, low, high) in places:
        sketch.line((x, low), (x, high), "not-applicable", 4)
    sketch.path([(x, rate) for x, (rate, _, _) in places], "compliant")
    for x, (rate, _, _) in places:
        sketch.dot((x, rate), 4, "compliant")
    step = -(-len(labels) // 6)  # at most six labels, the last month always among them
    for number in range(len(labels) - 1, -1, -step):
        sketch.text((places[number][0], _HEIGHT - 8), labels[number], anchor="middle")
    return sketch
