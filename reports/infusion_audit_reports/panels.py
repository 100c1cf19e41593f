"""Histograms drawn by hand as inline SVG: a page may hold many of them, and each costs a fraction of a millisecond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from infusion_audit_reports.drawing import WIDTH, Chart
from infusion_audit_reports.format import count, plain

_LEFT, _RIGHT, _TOP, _HEIGHT, _AXIS = 44, 10, 20, 74, 34


@dataclass(frozen=True)
class Panel:
    """One histogram: the number in each step by class; step 1 begins at zero, and the last holds everything above."""

    label: str
    bars: Mapping[tuple[int, str], int]

    @property
    def total(self) -> int:
        return sum(self.bars.values())


@dataclass(frozen=True)
class Scale:
    """What the panels of one chart share: the width of a step, how many there are, and what stands under the axis."""

    step: float
    steps: int  # the last one holds everything above
    name: str
    every: int = 5  # steps between two numbers on the axis
    counted: str = "sessions"


@dataclass(frozen=True)
class Limit:
    """A dashed line at a value, counted in steps, with its words."""

    at: float
    words: str


def histograms(
    name: str,
    title: str,
    says: str,
    panels: Sequence[Panel],
    scale: Scale,
    *,
    limits: Sequence[Limit],
    classes: Sequence[tuple[str, str, str]],
) -> Chart:
    """Histograms one above the other over one axis; ``classes`` are (code, colour, label) in the order in which they are stacked."""
    width = (WIDTH - _LEFT - _RIGHT) / scale.steps
    height = _TOP + len(panels) * _HEIGHT + _AXIS
    drawn: list[str] = []
    for number, panel in enumerate(panels):
        drawn += _panel(panel, _TOP + number * _HEIGHT, width, scale, classes)
    bottom = _TOP + len(panels) * _HEIGHT
    for limit in limits:
        x = _LEFT + limit.at * width
        anchor = "end" if x > WIDTH * 0.6 else "start"
        drawn.append(f'<path d="M{x:.1f} 14V{bottom}" stroke="var(--ink)" stroke-width="1.3" stroke-dasharray="4 3" fill="none"/>')
        drawn.append(f'<text x="{x:.1f}" y="10" text-anchor="{anchor}" font-size="11">{escape(limit.words)}</text>')
    for step in range(0, scale.steps, scale.every):
        x = _LEFT + step * width
        drawn.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle" font-size="11">{plain(round(step * scale.step, 6))}</text>')
    drawn.append(f'<text x="{(_LEFT + WIDTH) / 2:.0f}" y="{height - 4}" text-anchor="middle" font-size="11">{escape(scale.name)}</text>')
    svg = (
        f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {height}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(says)}</desc>{"".join(drawn)}</svg>'
    )
    used = [each for each in classes if any(code == each[0] for panel in panels for _, code in panel.bars)]
    return Chart(
        name,
        title,
        says,
        Markup(svg),
        ("", *(label for _, _, label in used)),
        [
            (f"{panel.label}: {_step(place, scale)}", *(count(panel.bars.get((place, code), 0)) for code, _, _ in used))
            for panel in panels
            for place in sorted({place for place, _ in panel.bars})
        ],
        [(colour, label) for _, colour, label in used],
    )


def _panel(panel: Panel, top: float, width: float, scale: Scale, classes: Sequence[tuple[str, str, str]]) -> list[str]:
    """The bars of one panel on its base line, its name, and the height of its tallest bar as a number."""
    tallest = max((sum(panel.bars.get((place, code), 0) for code, *_ in classes) for place in range(1, scale.steps + 1)), default=0) or 1
    words = f"{panel.label}, {count(panel.total)} {scale.counted}"
    room, base = _HEIGHT - 24, top + _HEIGHT - 4
    drawn = [
        f'<path d="M{_LEFT} {base}H{WIDTH - _RIGHT}" stroke="var(--line)" fill="none"/>',
        f'<text x="{_LEFT - 5}" y="{base - room + 9:.1f}" text-anchor="end" font-size="11">{count(tallest)}</text>',
        f'<text x="{WIDTH - _RIGHT}" y="{top + 13}" text-anchor="end" font-size="12">{escape(words)}</text>',
    ]
    for place in range(1, scale.steps + 1):
        y = base
        for code, colour, _ in classes:
            if number := panel.bars.get((place, code), 0):
                tall = max(room * number / tallest, 1.5)  # one session is still seen
                y -= tall
                x = _LEFT + (place - 1) * width
                box = f'x="{x + 0.5:.1f}" y="{y:.1f}" width="{width - 1:.1f}" height="{tall:.1f}"'
                drawn.append(f'<rect {box} fill="var(--{colour.replace("_", "-")})"/>')
    return drawn


def _step(place: int, scale: Scale) -> str:
    low, high = round((place - 1) * scale.step, 6), round(place * scale.step, 6)
    return f"over {plain(low)}" if place >= scale.steps else f"{plain(low)} to {plain(high)}"
