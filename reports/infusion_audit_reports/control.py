"""Control charts over months: phases with a baseline of their own, the rules for a signal, and rare events by the days between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import log
from typing import NamedTuple

from infusion_audit_reports.statistics import PROVISIONAL_BELOW, laney

PREFERRED_BASELINE = 20  # months that set the limits where nobody has frozen a baseline
RUN = 8  # points in a row on one side of the centre line
RARE_BELOW = 5  # expected events a month, below which a share by month cannot be charted
OUTSIDE_BY_CHANCE = 0.0027  # of points that only chance moves, outside three standard deviations
_TAIL = OUTSIDE_BY_CHANCE / 2


class Baseline(NamedTuple):
    """From the first month on, limits come from the months up to the last; the reason is printed."""

    first: str
    last: str | None = None
    why: str = ""


class Count(NamedTuple):
    """One month (or one gap) of a chart: what was counted, out of how many."""

    label: str
    hits: int
    total: int


class Point(NamedTuple):
    """A charted value with its limits; ``signal`` is empty, ``outside`` or ``run``."""

    label: str
    value: float
    low: float
    high: float
    total: int
    signal: str


@dataclass(frozen=True)
class Phase:
    """Points under one set of limits."""

    points: Sequence[Point]
    centre: float
    baseline: tuple[str, str, int]  # first and last label, number of points
    provisional: bool
    sigma_z: float | None = None
    why: str = ""

    @property
    def overdispersed(self) -> bool:
        """Whether the limits are Laney's."""
        return self.sigma_z is not None and self.sigma_z > 1.1

    @property
    def signals(self) -> Sequence[Point]:
        return [point for point in self.points if point.signal]

    @property
    def expected_signals(self) -> float:
        """Signals that chance alone would give, by both rules."""
        if self.provisional or all(point.low == point.high for point in self.points):
            return 0.0
        return len(self.points) * OUTSIDE_BY_CHANCE + max(0, len(self.points) - RUN + 1) / 2 ** (RUN - 1)


def phases_of(labels: Sequence[str], baselines: Iterable[Baseline]) -> list[tuple[slice, int, str]]:
    """Where each phase lies among the labels, how many of its points set its limits, and why it was begun."""
    marks = sorted(baselines)
    starts = [(0, None), *((next((i for i, label in enumerate(labels) if label >= mark.first), len(labels)), mark) for mark in marks)]
    ends = [start for start, _ in starts[1:]] + [len(labels)]
    found: list[tuple[slice, int, str]] = []
    for (start, mark), end in zip(starts, ends, strict=True):
        own = labels[start:end]
        if not own:
            continue
        frozen = sum(label <= mark.last for label in own) if mark and mark.last else min(len(own), PREFERRED_BASELINE)
        found.append((slice(start, end), frozen, mark.why if mark else ""))
    return found


def p_chart(months: Sequence[Count], baselines: Iterable[Baseline] = ()) -> list[Phase]:
    """The share by month, phase by phase; limits of each come from its own baseline and nothing else."""
    counted = [month for month in months if month.total > 0]
    found: list[Phase] = []
    for where, frozen, why in phases_of([month.label for month in counted], baselines):
        own = counted[where]
        hits, totals = [month.hits for month in own], [month.total for month in own]
        chart = laney(hits, totals, frozen)
        if chart is None and (rest := laney(hits, totals)):  # too few months in the baseline: limits for the eye, no signals
            chart = rest._replace(provisional=True)
        if chart is None:  # a single point: shown, with nothing to hold it against
            points = [Point(month.label, month.hits / month.total, 0.0, 1.0, month.total, "") for month in own]
            found.append(Phase(points, points[0].value, (own[0].label, own[0].label, frozen), True, why=why))
            continue
        runs = _runs([limit.rate - chart.mean for limit in chart.limits]) if not chart.provisional else set[int]()
        points = [
            Point(
                month.label,
                limit.rate,
                limit.low,
                limit.high,
                month.total,
                "outside" if limit.signal and not chart.provisional else "run" if at in runs else "",
            )
            for at, (month, limit) in enumerate(zip(own, chart.limits, strict=True))
        ]
        found.append(
            Phase(points, chart.mean, (own[0].label, own[max(frozen, 1) - 1].label, frozen), chart.provisional, chart.sigma_z, why)
        )
    return found


def _runs(distances: Sequence[float]) -> set[int]:
    """The points at which at least eight in a row lie on one side; a point on the line ends the run."""
    found, length, side = set[int](), 0, 0
    for at, distance in enumerate(distances):
        now = (distance > 1e-12) - (distance < -1e-12)
        length = length + 1 if now == side and now else abs(now)
        side = now
        if length >= RUN:
            found.add(at)
    return found


# ---------------------------------------------------------------- rare events


@dataclass(frozen=True)
class Covered:
    """Days on which an event would have been seen: unbroken spans, both ends included."""

    spans: Sequence[tuple[date, date]] = field(default_factory=tuple)

    def span_of(self, day: date) -> int | None:
        return next((at for at, (first, last) in enumerate(self.spans) if first <= day <= last), None)


def g_chart(events: Mapping[date, int], covered: Covered, baselines: Iterable[Baseline] = ()) -> list[Phase]:
    """Whole days between events, against the exact limits of the geometric distribution with the baseline's mean.

    Days far apart are good where the events are findings, so only the upper limit exists; events that come closer together show as
    eight in a row below the median. A gap across the beginning of a phase, or across days that no run covers, belongs to nothing.
    """
    days = sorted(day for day, number in events.items() for _ in range(number))
    marks = sorted(baselines)
    gaps = [
        Count(f"{later:%Y-%m-%d}", (later - earlier).days, 1)
        for earlier, later in pairwise(days)
        if covered.span_of(earlier) == covered.span_of(later) and _phase_no(earlier, marks) == _phase_no(later, marks)
    ]
    found: list[Phase] = []
    for where, frozen, why in phases_of(
        [gap.label for gap in gaps], [mark._replace(last=mark.last and f"{mark.last}-99") for mark in marks]
    ):
        own = gaps[where]
        basis = own[:frozen] or own  # without a gap in the baseline the limits are provisional, whatever they rest on
        mean = sum(gap.hits for gap in basis) / len(basis)
        provisional = frozen < PROVISIONAL_BELOW
        centre, high = geometric_limits(mean)
        runs = _runs([gap.hits - centre for gap in own]) if not provisional and mean else set[int]()
        points = [
            Point(gap.label, gap.hits, 0, high, 1, "" if provisional else "outside" if gap.hits > high else "run" if at in runs else "")
            for at, gap in enumerate(own)
        ]
        found.append(Phase(points, centre, (own[0].label, own[max(frozen, 1) - 1].label, frozen), provisional, why=why))
    return found


def geometric_limits(mean: float) -> tuple[float, int]:
    """Median and upper limit of a geometric number of days with this mean: as rarely beyond it as beyond three standard deviations."""
    if mean <= 0:
        return 0.0, 0
    stay = log(mean / (1 + mean))  # of the chance that a day passes without an event
    high = int(log(_TAIL) / stay)
    while (high + 1) * stay > log(_TAIL):
        high += 1
    while high > 0 and high * stay <= log(_TAIL):
        high -= 1
    return log(0.5) / stay - 1, high


def _phase_no(day: date, marks: Sequence[Baseline]) -> int:
    return sum(f"{day:%Y-%m}" >= mark.first for mark in marks)


def rare(months: Sequence[Count], events: int) -> bool:
    """Whether fewer than five events are expected in a month."""
    counted = [month for month in months if month.total > 0]
    return bool(counted) and events < RARE_BELOW * len(counted)
