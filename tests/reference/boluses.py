"""Boluses of a session: pushes and short first infusions, merged when close together."""

from dataclasses import dataclass
from fractions import Fraction

from .amounts import Rate
from .lines import Segment
from .rates import total_rate
from .sessions import Session
from .settings import Settings
from .units import Amount, total


@dataclass(frozen=True)
class Bolus:
    """One bolus after merging.

    `perhaps` when it is not certain that any part of it was given; `begun` is its latest possible start;
    `timed` when no time of it is ambiguous.
    """

    start: Fraction
    end: Fraction
    amount: Amount
    perhaps: bool
    begun: Fraction
    timed: bool


@dataclass(frozen=True)
class Inferred:
    """A short first infusion that is read as a bolus; `perhaps` when the rate that follows cannot be compared with it."""

    segments: tuple[Segment, ...]
    perhaps: bool


def inferred(session: Session, settings: Settings) -> list[Inferred]:
    """Each short first infusion that a lower rate, or none, follows."""
    result: list[Inferred] = []
    for first in session.segments:
        if first.start != session.start or first.open or first.possible.end is None:
            continue
        piece = contiguous(first, session.segments)
        end = piece[-1].possible.end
        if any(s.open for s in piece) or end is None or end - first.start > settings.minutes("bolus.inferred_max_min"):
            continue
        following = next_rate([s for s in session.segments if s not in piece], end)
        lower = True if following is None else following.is_below(first.rate)
        if lower is not False:
            result.append(Inferred(tuple(piece), lower is None))
    return result


def contiguous(first: Segment, segments: list[Segment]) -> list[Segment]:
    """A segment with those that continue it on its line at the same rate."""
    piece = [first]
    while True:
        end = piece[-1].possible.end
        more = [s for s in segments if s.line == first.line and s.start == end and s.rate.is_same(first.rate) and s not in piece]
        if not more or end is None:
            return piece
        piece.append(more[0])


def next_rate(segments: list[Segment], after: Fraction) -> Rate | None:
    """The summed rate of the first infusion that runs at or after an instant."""
    starts = [max(s.start, after) for s in segments if s.possible.end is None or s.possible.end > after or (s.open and s.start >= after)]
    if not starts:
        return None
    at = min(starts)
    running = [s for s in segments if s.start <= at and (s.possible.end is None or s.possible.end > at or (s.open and s.start == at))]
    return total_rate([s.rate for s in running])


def single_boluses(session: Session, settings: Settings) -> list[Bolus]:
    """Pushes and inferred boluses in time order, each on its own."""
    single = [Bolus(p.start, p.end, p.amount, p.perhaps, p.latest, p.timed) for p in session.pushes]
    for found in inferred(session, settings):
        amounts = [s.amount().perhaps() if found.perhaps else s.amount() for s in found.segments]
        single += [
            Bolus(
                s.start,
                s.possible.end or s.start,
                amount,
                s.perhaps or found.perhaps,
                max(s.proven.start, s.possible.start),
                s.proven.start == s.start,
            )
            for s, amount in zip(found.segments, amounts, strict=True)
        ]
    return sorted(single, key=lambda b: (b.start, b.end))


def joined(single: list[Bolus], settings: Settings) -> list[list[Bolus]]:
    """Those close together, group by group."""
    groups: list[list[Bolus]] = []
    for bolus in single:
        if groups and bolus.start - max(b.end for b in groups[-1]) <= settings.minutes("bolus.merge_window_min"):
            groups[-1].append(bolus)
        else:
            groups.append([bolus])
    return groups


def merged_boluses(session: Session, settings: Settings, *, first: bool = False) -> list[Bolus]:
    """The merged boluses in time order; the low bound of one is its largest (or its first) part that is certainly one bolus."""
    merged: list[Bolus] = []
    for group in joined(single_boluses(session, settings), settings):
        certain = [total([b.amount for b in part]).low for part in joined([b for b in group if not b.perhaps and b.timed], settings)]
        alone = [b.amount.low for b in group if not b.perhaps and not b.timed]
        low = min([*certain[:1], *alone], default=Fraction(0)) if first else max([*certain, *alone], default=Fraction(0))
        amount = Amount(low, total([b.amount for b in group]).high)
        start, end, begun = group[0].start, max(b.end for b in group), min(b.begun for b in group)
        merged.append(Bolus(start, end, amount, all(b.perhaps for b in group), begun, all(b.timed for b in group)))
    return merged
