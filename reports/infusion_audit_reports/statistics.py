"""The few statistics of the report: intervals, bounds for missing outcomes, and control limits for small numbers.

Written out because importing scipy takes longer than auditing a month; tests hold every one against scipy or worked values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, lgamma, log, log1p, sqrt
from typing import NamedTuple

Z_95 = 1.959964
LEAST_COMPLETENESS = 0.6  # below this share of measured outcomes only the bounds are shown
PROVISIONAL_BELOW = 12  # points that a control chart needs before its limits mean anything
OVERDISPERSED_ABOVE = 1.1
_D2 = 1.128  # expected range of two standard normal values


class Interval(NamedTuple):
    """A proportion with its 95 % interval."""

    rate: float
    low: float
    high: float


class Bounds(NamedTuple):
    """A responder rate whatever the missing outcomes were: all non-responders, all responders."""

    completeness: float
    complete_case: Interval | None
    worst: Interval
    best: Interval

    @property
    def too_incomplete(self) -> bool:
        """Whether only the bounds may be shown."""
        return self.completeness < LEAST_COMPLETENESS


class Limits(NamedTuple):
    """The control limits of one point of a chart."""

    rate: float
    low: float
    high: float
    signal: bool


class LaneyChart(NamedTuple):
    """A p-chart and Laney's p'-chart of the same points."""

    mean: float
    sigma_z: float
    p: list[Limits]
    p_prime: list[Limits]
    provisional: bool

    @property
    def limits(self) -> list[Limits]:
        """The limits to use: p' where the points vary more than chance alone lets them."""
        return self.p_prime if self.sigma_z > OVERDISPERSED_ABOVE else self.p


def wilson_95(hits: int, total: int) -> Interval | None:
    """Wilson's score interval without continuity correction; none for an empty denominator."""
    if total <= 0:
        return None
    rate = hits / total
    spread = Z_95 * Z_95 / total
    centre = (rate + spread / 2) / (1 + spread)
    half = sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    # at 0 and at 1 the bound is the rate itself; rounding must not push it past
    return Interval(rate, 0.0 if hits == 0 else centre - half, 1.0 if hits == total else centre + half)


def newcombe_95(one: Interval, other: Interval) -> tuple[float, float]:
    """The 95 % interval of the difference of two independent proportions, one less the other, by Newcombe's method from Wilson's limits."""
    difference = one.rate - other.rate
    below = sqrt((one.rate - one.low) ** 2 + (other.high - other.rate) ** 2)
    above = sqrt((one.high - one.rate) ** 2 + (other.rate - other.low) ** 2)
    return difference - below, difference + above


def completeness_bounds(responders: int, followed: int, total: int) -> Bounds | None:
    """The responder rate of those followed, and of all when every missing one is a non-responder or a responder; none of nobody."""
    worst, best = wilson_95(responders, total), wilson_95(responders + total - followed, total)
    if worst is None or best is None:
        return None
    return Bounds(followed / total, wilson_95(responders, followed), worst, best)


def laney(hits: Sequence[int], totals: Sequence[int]) -> LaneyChart | None:
    """Control limits of three standard deviations by Laney's method; none where every point is empty, or for a single point.

    With fewer than 12 points the limits are provisional and nothing is a signal. A mean of 0 or 1 leaves nothing to vary.
    """
    points = [(x, n) for x, n in zip(hits, totals, strict=True) if n > 0]
    if len(points) < 2:
        return None
    mean = sum(x for x, _ in points) / sum(n for _, n in points)
    sigmas = [sqrt(mean * (1 - mean) / n) for _, n in points]
    scores = [(x / n - mean) / sigma if sigma else 0.0 for (x, n), sigma in zip(points, sigmas, strict=True)]
    sigma_z = sum(abs(b - a) for a, b in pairwise(scores)) / (len(scores) - 1) / _D2
    provisional = len(points) < PROVISIONAL_BELOW

    def limits(stretch: float) -> list[Limits]:
        found: list[Limits] = []
        for (x, n), sigma in zip(points, sigmas, strict=True):
            low, high = max(0.0, mean - 3 * sigma * stretch), min(1.0, mean + 3 * sigma * stretch)
            found.append(Limits(x / n, low, high, not provisional and not low <= x / n <= high))
        return found

    return LaneyChart(mean, sigma_z, limits(1.0), limits(sigma_z), provisional)


def binomial_limits(target: float, total: int, coverage: float) -> tuple[int, int]:
    """The exact funnel limits of a count: the smallest k whose cumulative probability reaches each tail of the coverage."""
    tail = (1 - coverage) / 2
    return _quantile(tail, total, target), _quantile(1 - tail, total, target)


def _quantile(alpha: float, total: int, target: float) -> int:
    if target <= 0 or total == 0:
        return 0
    if target >= 1:
        return total
    reached = 0.0
    for k in range(total + 1):
        choose = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
        reached += exp(choose + k * log(target) + (total - k) * log1p(-target))
        if reached >= alpha:
            return k
    return total
