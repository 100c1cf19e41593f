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


def completeness_bounds(responders: int, followed: int, total: int) -> Bounds | None:
    """The responder rate of those followed, and of all when every missing one is a non-responder or a responder; none of nobody."""
    worst, best = wilson_95(responders, total), wilson_95(responders + total - followed, total)
    if worst is None or best is None:
        return None
    return Bounds(followed / total, wilson_95(responders, followed), worst, best)


def laney(hits: Sequence[int], totals: Sequence[int], baseline: int | None = None) -> LaneyChart | None:
    """Control limits of three standard deviations by Laney's method; none where every point is empty, or for a single point.

    Mean and spread come from the first ``baseline`` points (all by default), the limits are drawn for every point. With fewer than
    12 of them the limits are provisional and nothing is a signal. A mean of 0 or 1 leaves nothing to vary.
    """
    points = [(x, n) for x, n in zip(hits, totals, strict=True) if n > 0]
    frozen = points[:baseline]
    if len(frozen) < 2:
        return None
    mean = sum(x for x, _ in frozen) / sum(n for _, n in frozen)
    sigmas = [sqrt(mean * (1 - mean) / n) for _, n in points]
    scores = [(x / n - mean) / sigma if sigma else 0.0 for (x, n), sigma in zip(frozen, sigmas, strict=False)]
    sigma_z = sum(abs(b - a) for a, b in pairwise(scores)) / (len(scores) - 1) / _D2
    provisional = len(frozen) < PROVISIONAL_BELOW

    def limits(stretch: float) -> list[Limits]:
        found: list[Limits] = []
        for (x, n), sigma in zip(points, sigmas, strict=True):
            low, high = max(0.0, mean - 3 * sigma * stretch), min(1.0, mean + 3 * sigma * stretch)
            found.append(Limits(x / n, low, high, not provisional and not low <= x / n <= high))
        return found

    return LaneyChart(mean, sigma_z, limits(1.0), limits(sigma_z), provisional)


def binomial_limits(target: float, total: int, coverage: float) -> tuple[int, int]:
    """The exact funnel limits of a count: the smallest k whose cumulative probability reaches each tail of the coverage."""
    return funnel_limits(target, total, coverage)[0]


def funnel_limits(target: float, total: int, *coverages: float) -> list[tuple[int, int]]:
    """The exact limits of a count for several coverages."""
    tails = [(1 - coverage) / 2 for coverage in coverages]
    found = _quantiles(sorted({alpha for tail in tails for alpha in (tail, 1 - tail)}), total, target)
    return [(found[tail], found[1 - tail]) for tail in tails]


def _quantiles(alphas: Sequence[float], total: int, target: float) -> dict[float, int]:
    """Binomial quantiles for rising probabilities, in one pass."""
    if target <= 0 or target >= 1 or total == 0:
        return dict.fromkeys(alphas, total if target >= 1 else 0)
    # a quantile lies within 12 standard deviations of the mean (or a few steps of it, for rare events)
    reach = 12 * sqrt(total * target * (1 - target)) + 40
    k = max(0, int(total * target - reach))
    choose = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
    chance = exp(choose + k * log(target) + (total - k) * log1p(-target))
    reached, odds, found = chance, target / (1 - target), dict[float, int]()
    for alpha in alphas:
        while reached < alpha and k < total:
            chance *= (total - k) / (k + 1) * odds
            reached += chance
            k += 1
        found[alpha] = k
    return found
