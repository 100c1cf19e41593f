"""Drawings made by hand, for pictures of which a report holds hundreds: the chart library takes longer over one than these over all.

They use the colours of the page's style sheet and say what they show, as the charts of the library do.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from infusion_audit_reports.svg import framed

Point = tuple[float, float]


class Sketch:
    """A drawing of a given size in which every colour is the name of one of the page's."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def line(self, start: Point, end: Point, colour: str = "line", width: float = 1, dashes: str = "") -> None:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        ends = f'x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"'
        self._parts.append(f'<line {ends} stroke="var(--{colour})" stroke-width="{_n(width)}"{dashed}/>')

    def path(self, points: Sequence[Point], colour: str, width: float = 2) -> None:
        drawn = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._parts.append(f'<path d="M{drawn}" fill="none" stroke="var(--{colour})" stroke-width="{_n(width)}" stroke-linejoin="round"/>')

    def area(self, points: Sequence[Point], colour: str, opacity: float = 0.18) -> None:
        drawn = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(f'<polygon points="{drawn}" fill="var(--{colour})" fill-opacity="{_n(opacity)}"/>')

    def box(self, corner: Point, width: float, height: float, colour: str, opacity: float = 1) -> None:
        place = f'x="{_n(corner[0])}" y="{_n(corner[1])}" width="{_n(width)}" height="{_n(height)}"'
        self._parts.append(f'<rect {place} fill="var(--{colour})" fill-opacity="{_n(opacity)}"/>')

    def dot(self, centre: Point, radius: float, colour: str) -> None:
        at = f'cx="{_n(centre[0])}" cy="{_n(centre[1])}" r="{_n(radius)}"'
        self._parts.append(f'<circle {at} fill="var(--{colour})" stroke="var(--surface)" stroke-width="1"/>')

    def text(self, at: Point, words: str, colour: str = "muted", anchor: str = "start", style: str = "") -> None:
        named = f' class="{style}"' if style else ""
        place = f'x="{_n(at[0])}" y="{_n(at[1])}" text-anchor="{anchor}"'
        self._parts.append(f'<text {place} fill="var(--{colour})"{named}>{escape(words)}</text>')

    def picture(self, *, name: str, title: str, says: str, style: str = "chart") -> Markup:
        """The finished drawing."""
        return Markup(framed("".join(self._parts), self.width, self.height, name=name, title=title, description=says, style=style))


def _n(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.1f}".removesuffix(".0")
