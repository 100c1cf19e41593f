"""The milligrams of a session and of any 24 hours."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .lines import Extent, Line
from .sessions import Reading, Session
from .settings import Settings
from .times import DAY
from .units import UNKNOWN, ZERO, Amount, total


def session_total(session: Session, settings: Settings) -> Amount:
    """Everything delivered in the session, pump totals in place of what they contain."""
    amounts = [line_total(session, line, settings) for line in lines_of(session)]
    return total(amounts) + (UNKNOWN if session.lost_kinds else ZERO)


def lines_of(session: Session) -> list[Line]:
    """The lines that delivered or were read in the session."""
    found = [x.line for group in (session.pushes, session.segments, session.pca, session.readings) for x in group]
    return sorted(set(found))


def line_total(session: Session, line: Line, settings: Settings) -> Amount:
    """What one line delivered in the session."""
    readings = readings_of(session, line)
    last = readings[-1].at if readings else None
    amounts = [s.amount(last) for s in session.segments if s.line == line]
    if settings.flag("total.count_bolus"):
        amounts += [p.amount for p in session.pushes if p.line == line and (last is None or p.start > last)]
    if settings.flag("total.count_pca"):
        amounts += [p.amount for p in session.pca if p.line == line and (last is None or p.start > last)]
    return read_total(session, line) + total(amounts)


def readings_of(session: Session, line: Line) -> list[Reading]:
    """The readings of a line in time order."""
    return [r for r in session.readings if r.line == line]


def read_total(session: Session, line: Line) -> Amount:
    """What the pump counted on a line in the session; a fall of the counter means that it was cleared."""
    readings = [r for r in readings_of(session, line) if r.amount.high is not None]
    # A reading that cannot be read may have come after the counter was cleared, or have counted more.
    unreadable = UNKNOWN if len(readings) < len(readings_of(session, line)) else ZERO
    if not readings:
        return unreadable
    runs = [readings[0].amount]
    for before, after in pairwise(readings):
        if after.amount.low < before.amount.low:
            runs.append(after.amount)
        else:
            runs[-1] = after.amount
    earlier = session.earlier_readings.get(line)
    if earlier is not None and readings[0].amount.low >= earlier.amount.low:
        runs[0] = Amount(max(Fraction(0), runs[0].low - (earlier.amount.high or Fraction(0))), runs[0].high)
    return total(runs) + unreadable


@dataclass(frozen=True)
class Timed:
    """An amount with the time in which it was delivered; `even` when it flowed at a constant rate."""

    extent: Extent
    amount: Amount
    even: bool = False


def timed_amounts(session: Session, low: bool) -> list[Timed]:
    """The session's amounts in time, with proven (low) or possible extents of its segments."""
    result: list[Timed] = []
    for line in lines_of(session):
        readings = readings_of(session, line)
        last = readings[-1].at if readings else None
        pushed = [p for p in session.pushes if p.line == line]
        pumped = [p for p in session.pca if p.line == line]
        segments = [s for s in session.segments if s.line == line]
        if last is not None:
            begin = min([x.start for x in (*pushed, *pumped, *segments)], default=last)
            result.append(Timed(Extent(min(begin, last), last), read_total(session, line)))
        for segment in segments:
            extent = segment.proven if low else segment.possible
            if last is not None:
                extent = Extent(max(last, extent.start), None if extent.end is None else max(last, extent.end))
            result.append(Timed(extent, segment.amount(last), even=True))
        result += [Timed(Extent(p.start, p.start), p.amount) for p in pushed if last is None or p.start > last]
        result += [Timed(Extent(p.start, p.end), p.amount) for p in pumped if last is None or p.start > last]
    return result


def in_window(item: Timed, end: Fraction, closed_end: bool, low: bool) -> Fraction | None:
    """How much of an amount lies in the 24 hours to an instant (one end belongs to them); none when nothing limits it."""
    begin, start, stop = end - DAY, item.extent.start, item.extent.end
    bound = item.amount.low if low else item.amount.high
    if not item.even or stop == start:
        return uneven_in_window(item.extent, bound, end, closed_end, low)
    overlap = min(end, end if stop is None else stop) - max(begin, start)
    if overlap <= 0:
        return Fraction(0)
    if bound is None or stop is None:
        return None if not low else Fraction(0)
    return bound * overlap / (stop - start)


def uneven_in_window(extent: Extent, bound: Fraction | None, end: Fraction, closed_end: bool, low: bool) -> Fraction | None:
    """An amount given at one time, or at unknown times within an extent: all of it, none of it, or up to all of it."""

    def inside(at: Fraction) -> bool:
        return end - DAY < at <= end if closed_end else end - DAY <= at < end

    stop = extent.start if extent.end is None else extent.end
    if inside(extent.start) and inside(stop):
        return bound
    outside = not inside(extent.start) and not inside(stop) and not extent.start < end <= stop
    return Fraction(0) if low or outside else bound


def largest_day(found: list[Session], session: Session) -> Amount:
    """The largest amount of any 24 hours that end inside the session."""
    low_end, high_end = session.ends()
    low = largest([t for s in found for t in timed_amounts(s, True)], session.start, low_end, True)
    high = None
    if high_end is not None:
        high = largest([t for s in found for t in timed_amounts(s, False)], session.start, high_end, False)
    return Amount(low or Fraction(0), None if session.lost_kinds else high)


def largest(items: list[Timed], first: Fraction, last: Fraction, low: bool) -> Fraction | None:
    """The largest window: it can only end where a delivery begins or ends, or 24 hours after."""
    edges = {edge for t in items for edge in (t.extent.start, t.extent.end) if edge is not None}
    ends = {first, last} | {e + shift for e in edges for shift in (0, DAY) if first <= e + shift <= last}
    best = Fraction(0)
    for end in ends:
        for closed_end in (True, False) if end > first else (True,):
            parts = [in_window(item, end, closed_end, low) for item in items]
            if any(p is None for p in parts):
                return None
            best = max(best, sum((p for p in parts if p is not None), Fraction(0)))
    return best
