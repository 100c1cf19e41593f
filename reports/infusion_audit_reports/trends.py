"""Charts over time: months of one run, and runs of one workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infusion_audit_reports.drawing import Chart, canvas, draw, library
from infusion_audit_reports.format import count, interval, month, percent, plural
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.summaries import Row
from infusion_audit_reports.svg import COLOUR
from infusion_audit_reports.wording import KINDS, kind_label


def _month_axis(lp: Any, months: Sequence[str]) -> Any:
    """At most six labels, the last month always among them."""
    step = -(-len(months) // 6)
    shown = list(range(len(months) - 1, -1, -step))[::-1]
    return lp.scale_x_continuous(
        name="", breaks=shown, labels=[months[i] for i in shown], limits=[-0.6, len(months) - 0.4], expand=[0, 0], format=None
    )


def compliance_trend(months: Sequence[Row]) -> Chart | None:
    """The share of sessions that met every statement, month by month; nothing to show before the second month."""
    points = [(month(row["month"]), row["compliant"], row["sessions"] - row["out_of_scope"]) for row in months if row["month"] is not None]
    found = [(label, hits, total, share) for label, hits, total in points if (share := wilson_95(hits, total)) is not None]
    if len(found) < 2:
        return None
    lp = library()
    data: dict[str, list[Any]] = {
        "x": list(range(len(found))),
        "rate": [100 * share.rate for *_, share in found],
        "low": [100 * share.low for *_, share in found],
        "high": [100 * share.high for *_, share in found],
    }
    plot = (
        lp.ggplot(data, lp.aes("x", "rate"))
        + lp.geom_linerange(lp.aes(ymin="low", ymax="high"), color=COLOUR["compliant"], size=1.2, alpha=0.5)
        + lp.geom_line(color=COLOUR["compliant"], size=1)
        + lp.geom_point(color=COLOUR["surface"], fill=COLOUR["compliant"], shape=21, size=4.5, stroke=1)
        + lp.scale_y_continuous(name="sessions, %", limits=[0, 100], breaks=[0, 25, 50, 75, 100], expand=[0, 5])
        + _month_axis(lp, [label for label, *_ in found])
    )
    title = "Sessions that met every statement, by month"
    (first, _, before_of, before), (last, _, now_of, now) = found[-2:]
    overlap = now.low <= before.high and before.low <= now.high
    says = (
        f"{last}: {percent(now.rate)} of {plural(now_of, 'session')}, after {percent(before.rate)} of {count(before_of)} in {first}. "
        + ("The intervals overlap: months of this size cannot tell these two apart." if overlap else "The intervals do not overlap.")
        + " The bars are 95 % intervals."
    )
    return Chart(
        "compliance-trend",
        title,
        says,
        draw(canvas(lp, plot, 205, grid="y"), name="compliance-trend", title=title, says=says),
        ("Month", "Sessions in scope", "Met every statement", "Share", "95 % interval"),
        [(label, count(total), count(hits), percent(share.rate), interval(share)) for label, hits, total, share in found],
    )


def findings_trend(months: Sequence[Row], findings: Sequence[Row]) -> Chart | None:
    """Findings per month by kind, stacked."""
    labels = [month(row["month"]) for row in months if row["month"] is not None]
    if len(labels) < 2 or not findings:
        return None
    lp = library()
    found = {row["kind"] for row in findings}
    kinds = [kind for kind in KINDS if kind in found] + sorted(found - set(KINDS))
    number = {(month(row["month"]), row["kind"]): row["findings"] for row in findings}
    data: dict[str, list[Any]] = {"x": [], "kind": [], "n": []}
    for place, label in enumerate(labels):
        for kind in kinds:
            data["x"].append(place)
            data["kind"].append(kind)
            data["n"].append(number.get((label, kind), 0))
    plot = (
        lp.ggplot(data, lp.aes("x", "n", fill="kind"))
        + lp.geom_bar(stat="identity", width=0.7, color=COLOUR["surface"], size=0.5)
        + lp.scale_fill_manual(values=[COLOUR[_kind_colour(kind)] for kind in kinds], breaks=kinds)
        + lp.scale_y_continuous(name="findings", expand=[0, 0, 0.06, 0])
        + _month_axis(lp, labels)
    )
    title = "Findings by month and kind"
    most = max(kinds, key=lambda kind: sum(number.get((label, kind), 0) for label in labels))
    total, of_kind = sum(number.values()), sum(value for (_, kind), value in number.items() if kind == most)
    says = f"{kind_label(most)} makes up {percent(of_kind / total)} of {plural(total, 'finding')} in {len(labels)} months."
    return Chart(
        "findings-trend",
        title,
        says,
        draw(canvas(lp, plot, 205, grid="y"), name="findings-trend", title=title, says=says),
        ("Month", *(kind_label(kind) for kind in kinds)),
        [(label, *(count(number.get((label, kind), 0)) for kind in kinds)) for label in labels],
        [(_kind_colour(kind), kind_label(kind)) for kind in kinds],
    )


def _kind_colour(kind: str) -> str:
    return kind if kind in COLOUR else "other"
