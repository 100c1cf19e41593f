"""The interval that every rate of the report carries."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

Z_95 = 1.959964


class Interval(NamedTuple):
    """A proportion with its 95 % interval."""

    rate: float
    low: float
    high: float


def wilson_95(hits: int, total: int) -> Interval | None:
    """Wilson's score interval without continuity correction; none for an empty denominator.

    Written out because importing scipy.stats takes longer than auditing a month; a test holds it against scipy.
    """
    if total <= 0:
        return None
    rate = hits / total
    spread = Z_95 * Z_95 / total
    centre = (rate + spread / 2) / (1 + spread)
    half = sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    # at 0 and at 1 the bound is the rate itself; rounding must not push it past
    return Interval(rate, 0.0 if hits == 0 else centre - half, 1.0 if hits == total else centre + half)
