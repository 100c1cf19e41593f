"""What all charts share: the library, the house style, and the picture with the numbers behind it.

The chart library is imported when the first chart is drawn, so that a command without a report does not pay for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from infusion_audit_reports.svg import COLOUR, inline

WIDTH = 440


@dataclass(frozen=True)
class Chart:
    """A picture with its title, the line that says what to see, a legend and the table behind it."""

    name: str
    title: str
    says: str
    svg: Markup
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[tuple[str, str]] = field(default_factory=tuple)


def library() -> Any:
    """The chart library, imported at the first use."""
    return importlib.import_module("lets_plot")


def draw(plot: Any, *, name: str, title: str, says: str) -> Markup:
    """The plot as inline SVG; only drawing elements get through."""
    return Markup(inline(plot.to_svg(), name=name, title=title, description=says))


def canvas(lp: Any, plot: Any, height: int, *, grid: str) -> Any:
    """The house style: text in ink, one hairline grid along the axis that is read, nothing else."""
    blank, hairline = lp.element_blank(), lp.element_line(color=COLOUR["line"], size=0.7)
    text = lp.element_text(color=COLOUR["muted"], size=13)
    return (
        plot
        + lp.ggsize(WIDTH, height)
        + lp.theme_minimal()
        + lp.theme(
            axis_title=lp.element_text(color=COLOUR["muted"], size=13),
            axis_text=text,
            axis_ticks=blank,
            axis_line=blank,
            panel_grid_major_x=hairline if grid == "x" else blank,
            panel_grid_major_y=hairline if grid == "y" else blank,
            panel_grid_minor=blank,
            plot_background=blank,
            panel_background=blank,
            legend_position="none",
            plot_margin=[4, 20, 4, 0],
        )
    )
