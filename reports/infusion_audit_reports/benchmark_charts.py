"""Charts of outcomes: an audit's own rate beside a published one, and dose against change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infusion_audit_reports.drawing import Chart, canvas, draw, library
from infusion_audit_reports.format import NOTHING, count, interval, percent, plain, plural
from infusion_audit_reports.statistics import Bounds
from infusion_audit_reports.summaries import Row
from infusion_audit_reports.svg import COLOUR

_TOP = 1.2  # the height of lines and bands; the label stands above
_LAST_TENTH = 30  # doses beyond 3 mg/kg share the last column


def beside(row: Row, own: Bounds) -> Chart:
    """The audit's responder rate with its interval, or its bounds alone, beside a published figure as line or band."""
    lp = library()
    figure, name = float(row["figure"]), str(row["benchmark_id"]).lower()
    plot = lp.ggplot()
    if row["display"] == "band" and row["interval_low"] is not None:
        edges = {"low": [float(row["interval_low"])], "high": [float(row["interval_high"])], "bottom": [0.45], "top": [_TOP]}
        band = lp.aes(xmin="low", xmax="high", ymin="bottom", ymax="top")
        plot += lp.geom_rect(band, data=edges, fill=COLOUR["other"], alpha=0.22, color=COLOUR["other"], size=0)
    line = {"x": [figure], "bottom": [0.45], "top": [_TOP]}
    along = lp.aes(x="x", xend="x", y="bottom", yend="top")
    plot += lp.geom_segment(along, data=line, color=COLOUR["ink"], linetype="dashed", size=0.9)
    plot += lp.geom_text(lp.aes("x", "y", label="label"), data=_label(row, figure), color=COLOUR["muted"], size=5.4)
    shown = own.complete_case if not own.too_incomplete else None
    low, high = (shown.low, shown.high) if shown else (own.worst.rate, own.best.rate)
    reach = {"low": [100 * low], "high": [100 * high], "y": [0.8]}
    plot += lp.geom_segment(lp.aes(x="low", xend="high", y="y", yend="y"), data=reach, color=COLOUR["compliant"], size=1.6, alpha=0.6)
    if shown:
        point = {"x": [100 * shown.rate], "y": [0.8]}
        plot += lp.geom_point(lp.aes("x", "y"), data=point, color=COLOUR["surface"], fill=COLOUR["compliant"], shape=21, size=4.5, stroke=1)
    plot += lp.scale_x_continuous(name="patients, %", limits=[0, 100], breaks=[0, 25, 50, 75, 100])
    plot += lp.scale_y_continuous(name="", limits=[0.4, 1.6], breaks=[], labels=[])
    title = f"{row['benchmark_id']}: this audit's responders beside the published figure"
    says = _says(row, own)
    return Chart(
        f"benchmark-{name}",
        title,
        says,
        draw(canvas(lp, plot, 120, grid="x"), name=f"benchmark-{name}", title=title, says=says),
        ("Figure", "Rate", "95 % interval", "n"),
        [
            (
                "This audit, followed",
                *((percent(shown.rate), interval(shown)) if shown else ("not shown", NOTHING)),
                count(row["followed"]),
            ),
            ("This audit, missing = non-responder", percent(own.worst.rate), interval(own.worst), count(row["eligible"])),
            ("This audit, missing = responder", percent(own.best.rate), interval(own.best), count(row["eligible"])),
            (_published(row), f"{plain(row['figure'])} %", _published_interval(row), NOTHING),
        ],
    )


def _label(row: Row, figure: float) -> dict[str, list[Any]]:
    """The words above a published figure's line, kept inside the chart."""
    words = "trial arm; definitions differ" if row["measure"] == "trial_arm" else "published, self-controlled"
    return {"x": [min(max(figure, 30.0), 70.0)], "y": [1.4], "label": [f"{plain(row['figure'])} %: {words}"]}


def _says(row: Row, own: Bounds) -> str:
    if own.too_incomplete or own.complete_case is None:
        mine = f"Bounds only, {percent(own.completeness)} measured: {percent(own.worst.rate)} to {percent(own.best.rate)}"
    else:
        mine = f"This audit: {percent(own.complete_case.rate)} ({interval(own.complete_case)}, n = {count(row['followed'])})"
    what = "Band and dashed line" if row["display"] == "band" and row["interval_low"] is not None else "Dashed line"
    return f"{mine}. {what}: {_published(row).lower()}."


def _published(row: Row) -> str:
    return "Trial arm; definitions differ" if row["measure"] == "trial_arm" else "Published, self-controlled"


def _published_interval(row: Row) -> str:
    return f"{plain(row['interval_low'])} to {plain(row['interval_high'])} %" if row["interval_low"] is not None else NOTHING


def dose_response(cells: Sequence[Row], cap: Row | None) -> Chart | None:
    """Session total against the change in pain: one dot a cell, its area the number of sessions; no curve and no optimum."""
    if not cells:
        return None
    lp = library()
    sessions: dict[tuple[int, int], int] = {}
    for row in cells:
        place = min(row["tenth"], _LAST_TENTH), row["change"]
        sessions[place] = sessions.get(place, 0) + row["sessions"]
    total = sum(sessions.values())
    data: dict[str, list[Any]] = {
        "x": [(tenth + 0.5) / 10 for tenth, _ in sessions],
        "y": [change for _, change in sessions],
        "n": list(sessions.values()),
    }
    plot = (
        lp.ggplot(data, lp.aes("x", "y", size="n"))
        + lp.geom_point(color=COLOUR["compliant"], alpha=0.55)
        + lp.scale_size_area(max_size=9)
        + lp.scale_x_continuous(name="session total, mg/kg", expand=[0.03, 0])
        + lp.scale_y_continuous(name="change in pain score", breaks=[-10, -5, 0, 5, 10])
    )
    if cap:
        plot += lp.geom_vline(xintercept=float(cap["cap"]), color=COLOUR["ink"], linetype="dashed", size=0.9)
    title = "Session total and change in pain within 2 weeks"
    line = f" Dashed line: the protocol's cap of {plain(cap['cap'])} {cap['unit']}." if cap else ""
    says = (
        f"{plural(total, 'session')}; a dot's area is the number of sessions.{line} Confounded by indication; not a dosing recommendation."
    )
    bands = ((0, 5, "under 0.5"), (5, 10, "0.5 to under 1"), (10, 20, "1 to under 2"), (20, 10**9, "2 and over"))
    return Chart(
        "dose-response",
        title,
        says,
        draw(canvas(lp, plot, 250, grid="y"), name="dose-response", title=title, says=says),
        ("Total, mg/kg", "Sessions"),
        [(label, count(sum(n for (tenth, _), n in sessions.items() if low <= tenth < high))) for low, high, label in bands],
    )
