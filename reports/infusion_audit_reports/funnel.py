"""Sites and prescribers beside one another: exact limits around the own overall rate, no ranks, and a test before anybody is marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from infusion_audit_reports.statistics import funnel_limits

LEAST = 11  # a unit with fewer judged sessions is not plotted
TESTABLE = 5  # units that the test of overdispersion needs
WINSORISED = 0.1  # of the units at either end, so that one outlier does not pass for general restlessness


class Unit(NamedTuple):
    """One site or prescriber: a code, and what was counted."""

    code: str
    hits: int
    total: int


class Placed(NamedTuple):
    """A unit within its exact limits of 95 % and 99.8 %; ``outside`` is empty, ``95`` or ``99.8``."""

    unit: Unit
    inner: tuple[int, int]
    outer: tuple[int, int]
    outside: str


@dataclass(frozen=True)
class Funnel:
    """All units of one kind under one statement."""

    overall: float
    hits: int
    total: int
    placed: Sequence[Placed]
    left_out: int
    dispersion: float | None  # mean squared winsorised z-score; none where too few units are left to tell
    threshold: float | None

    @property
    def overdispersed(self) -> bool:
        """Whether units differ by more than chance throughout, so that the limits mark nobody."""
        return self.dispersion is not None and self.threshold is not None and self.dispersion > self.threshold

    @property
    def expected_outside_95(self) -> float:
        return 0.05 * len(self.placed)


def funnel(units: Sequence[Unit], hits: int, total: int) -> Funnel | None:
    """The funnel around the overall rate ``hits / total``; none where fewer than two units can be plotted."""
    plotted = sorted((unit for unit in units if unit.total >= LEAST), key=lambda unit: unit.code)
    if len(plotted) < 2 or not total:
        return None
    overall = hits / total
    dispersion, threshold = overdispersion(plotted, overall)
    spread = dispersion is not None and threshold is not None and dispersion > threshold
    placed: list[Placed] = []
    for unit in plotted:
        inner, outer = funnel_limits(overall, unit.total, 0.95, 0.998)
        beyond = "" if inner[0] <= unit.hits <= inner[1] else "95" if outer[0] <= unit.hits <= outer[1] else "99.8"
        placed.append(Placed(unit, inner, outer, "" if spread else beyond))
    return Funnel(overall, hits, total, placed, len(units) - len(plotted), dispersion, threshold)


def overdispersion(units: Sequence[Unit], overall: float) -> tuple[float | None, float | None]:
    """The mean squared z-score with both tails winsorised, and the value beyond which chance alone does not explain it.

    Spiegelhalter (2005): two standard errors above 1, that is ``1 + 2 sqrt(2 / units)``.
    """
    if len(units) < TESTABLE or not 0 < overall < 1:
        return None, None
    scores = sorted((unit.hits / unit.total - overall) / sqrt(overall * (1 - overall) / unit.total) for unit in units)
    cut = int(WINSORISED * len(scores))
    low, high = scores[cut], scores[len(scores) - 1 - cut]
    return sum(min(max(score, low), high) ** 2 for score in scores) / len(scores), 1 + 2 * sqrt(2 / len(scores))
