"""Control charts, funnels and sparklines as inline SVG: a report holds dozens, and each must cost microseconds.

The chart library needs 7 to 10 ms a picture, which is more than judging a month for a page of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor

from markupsafe import Markup

from infusion_audit_reports.control import Phase
from infusion_audit_reports.format import plain
from infusion_audit_reports.funnel import Funnel

_WIDTH, _HEIGHT = 440, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 10, 10, 24
_LABELS = 6
_HALF = 27  # of the width of a label
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 5000, 10**9)


class _Plot:
    """A frame with a vertical scale, into which shapes are put."""

    def __init__(self, low: float, high: float, unit: str) -> None:
        step = next(step for step in _STEPS if (high - low) / step <= 4.5)
        self.low = step * floor(low / step + 1e-9)
        self.high = max(step * ceil(high / step - 1e-9), self.low + step)
        self.parts: list[str] = []
        ticks = round((self.high - self.low) / step)
        for tick in range(ticks + 1):
            value = self.low + tick * step
            y = self.y(value)
            self.parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
            self.text(_LEFT - 6, y + 4, f"{plain(round(value, 6))}{unit}", "end")

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (value - self.low) / (self.high - self.low))

    def text(self, x: float, y: float, words: str, anchor: str = "middle") -> None:
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def path(self, kind: str, points: Sequence[tuple[float, float]]) -> None:
        where = "L".join(f"{x:.1f} {self.y(value):.1f}" for x, value in points)
        self.parts.append(f'<path class="{kind}" d="M{where}"/>')

    def svg(self, name: str, title: str, says: str) -> Markup:
        return Markup(
            f'<svg class="chart small" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-labelledby="{name}-title {name}-desc">'
            f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(says)}</desc>{"".join(self.parts)}</svg>'
        )


def control_chart(name: str, title: str, says: str, phases: Sequence[Phase], places: Sequence[int], *, scale: float, unit: str) -> Markup:
    """Points with centre line and limits, phase by phase; ``places`` says where on the horizontal axis each point lies."""
    points = [point for phase in phases for point in phase.points]
    values = [scale * v for p in points for v in (p.value, p.low, p.high)]
    low, high = min(values), max(values)
    plot = _Plot(max(0.0, low), min(high, 100) if unit == " %" else high, unit)
    step = (_WIDTH - _LEFT - _RIGHT) / (max(places) + 1)
    x_of = [_LEFT + (place + 0.5) * step for place in places]
    at = 0
    for number, phase in enumerate(phases):
        xs, own = x_of[at : at + len(phase.points)], phase.points
        edges = [(x - step / 2, x + step / 2) for x in xs]
        kind = " provisional" if phase.provisional else ""
        upper = [(x, scale * p.high) for pair, p in zip(edges, own, strict=True) for x in pair]
        lower = [(x, scale * p.low) for pair, p in zip(edges, own, strict=True) for x in pair]
        plot.path(f"band{kind}", [*upper, *reversed(lower)])
        plot.path(f"limit{kind}", upper)
        if any(p.low > 0 for p in own):
            plot.path(f"limit{kind}", lower)
        plot.path("centre", [(edges[0][0], scale * phase.centre), (edges[-1][1], scale * phase.centre)])
        if number:
            plot.parts.append(f'<path class="rebase" d="M{edges[0][0]:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        for i in range(len(own) - 1):
            if places[at + i + 1] == places[at + i] + 1:
                plot.path("line", [(xs[i], scale * own[i].value), (xs[i + 1], scale * own[i + 1].value)])
        at += len(own)
    for x, point in zip(x_of, points, strict=True):
        y = plot.y(scale * point.value)
        if point.signal == "outside":
            plot.parts.append(f'<path class="outside" d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z"/>')
        else:
            plot.parts.append(
                f'<circle class="{"run" if point.signal else "dot"}" cx="{x:.1f}" cy="{y:.1f}" r="{4 if point.signal else 2.6}"/>'
            )
    every, limit = -(-len(points) // _LABELS), float(_WIDTH)
    for i in range(len(points) - 1, -1, -every):
        x = min(max(x_of[i], _LEFT + _HALF), _WIDTH - _HALF)
        if x + _HALF <= limit:
            plot.text(x, _HEIGHT - 6, points[i].label[:7])
            limit = x - _HALF
    return plot.svg(name, title, says)


def funnel_chart(name: str, title: str, says: str, found: Funnel) -> Markup:
    """Every unit at its number of judged sessions, with its own exact limits behind it."""
    most = max(placed.unit.total for placed in found.placed)
    shares = [k / p.unit.total for p in found.placed for k in (p.unit.hits, *p.outer)]
    plot = _Plot(100 * min(shares), 100 * max(shares), " %")
    reach = (_WIDTH - _LEFT - _RIGHT - 16) / most

    def x_of(total: int) -> float:
        return _LEFT + 8 + total * reach

    plot.path("centre", [(_LEFT, 100 * found.overall), (_WIDTH - _RIGHT, 100 * found.overall)])
    for kind in ("outer", "inner"):
        for placed in found.placed:
            x, (low, high) = x_of(placed.unit.total), placed.outer if kind == "outer" else placed.inner
            plot.path(kind, [(x, 100 * low / placed.unit.total), (x, 100 * high / placed.unit.total)])
    for placed in found.placed:
        x, y = x_of(placed.unit.total), plot.y(100 * placed.unit.hits / placed.unit.total)
        if placed.outside == "99.8":
            plot.parts.append(f'<path class="outside" d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z"/>')
        else:
            plot.parts.append(
                f'<circle class="{"run" if placed.outside else "dot"}" cx="{x:.1f}" cy="{y:.1f}" r="{4 if placed.outside else 2.8}"/>'
            )
        if placed.outside:
            plot.text(x - 8 if x > _WIDTH / 2 else x + 8, y + 4, placed.unit.code, "end" if x > _WIDTH / 2 else "start")
    plot.text(x_of(0), _HEIGHT - 6, "0", "middle")
    plot.text(_WIDTH - _RIGHT, _HEIGHT - 6, f"{most:,} judged sessions", "end")
    return plot.svg(name, title, says)


def sparkline(shares: Sequence[float]) -> Markup:
    """A line of shares from 0 to 100 %, without words: the numbers stand beside it."""
    if len(shares) < 2:
        return Markup("")
    step = 100 / (len(shares) - 1)
    points = [(2 + i * step, 22 - 20 * share) for i, share in enumerate(shares)]
    where = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    last_x, last_y = points[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 106 24" aria-hidden="true"><path class="scale" d="M2 2H102M2 22H102"/>'
        f'<path class="line" d="M{where}"/><circle cx="{last_x:.1f}" cy="{last_y:.1f}" r="2.6"/></svg>'
    )
