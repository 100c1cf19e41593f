"""The milligrams of a session and of any window of time."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .boluses import inferred
from .lines import Extent, Line, Segment
from .rows import Administration
from .sessions import Pca, Push, Reading, Session
from .settings import Settings
from .times import HOUR
from .units import UNKNOWN, ZERO, Amount, total


def session_total(session: Session, settings: Settings) -> Amount:
    """Everything delivered in the session, pump totals in place of what they contain."""
    amounts = [line_total(session, line, settings) for line in lines_of(session)]
    return total(amounts) + (UNKNOWN if session.lost_kinds or not is_supplied(session, Fraction(0)) else ZERO)


def is_supplied(session: Session, before: Fraction) -> bool:
    """Whether the administrations cover the session and the time before it."""
    low, high = session.ends()
    feed = session.administrations
    return feed is None or feed.covers(session.start - before, max(low, high or low), set(), session.department)


def lines_of(session: Session) -> list[Line]:
    """The lines that delivered or were read in the session."""
    found = [x.line for group in (session.pushes, session.segments, session.pca, session.readings) for x in group]
    return sorted(set(found))


def line_total(session: Session, line: Line, settings: Settings) -> Amount:
    """What one line delivered in the session, of what the protocol counts."""
    readings = readings_of(session, line)
    last = readings[-1].at if readings else None
    amounts = [counted(session, s, s.amount(last), settings) for s in session.segments if s.line == line]
    if settings.flag("total.count_bolus"):
        amounts += [given_after(p, last).amount for p in session.pushes if p.line == line]
    if settings.flag("total.count_pca"):
        amounts += [given_after(p, last).amount for p in session.pca if p.line == line]
    return counted_reading(session, line, settings) + total(amounts)


def given_after(dose: Push | Pca, last: Fraction | None) -> "Timed":
    """What of a push or PCA dose came after a last reading: between nothing and all of it, when it lies within its time."""
    if last is None or dose.start > last or (dose.start == dose.begun == last < dose.done):
        return Timed(Extent(dose.start, dose.latest), dose.amount)
    if dose.done > last:
        return Timed(Extent(last, dose.done), dose.amount.perhaps())
    return Timed(Extent(last, last), ZERO)


def counted(session: Session, segment: Segment, amount: Amount, settings: Settings) -> Amount:
    """The amount of a segment as the total counts it: with boluses left out nothing of one, and perhaps nothing of what may be one."""
    if settings.flag("total.count_bolus"):
        return amount
    found = [i for i in inferred(session, settings) if segment in i.segments]
    return amount if not found else amount.perhaps() if found[0].perhaps else ZERO


def counted_reading(session: Session, line: Line, settings: Settings) -> Amount:
    """What the pump counted on a line, less what the protocol leaves out of its total."""
    read, readings = read_total(session, line), readings_of(session, line)
    if not readings:
        return read
    if any(r.row.perhaps for r in readings):
        read = perhaps_read(read, charted_until(session, line, readings[-1].at), alone=all(r.row.perhaps for r in readings))
    low, high = read.low, read.high
    again = counted_again(session, line)
    if again is not None:
        whole = settings.flag("total.count_bolus") and settings.flag("total.count_pca")
        low = max(Fraction(0), low - again) if whole else Fraction(0)
    for left_out in boluses_and_pca(session, line, readings[-1].at, settings):
        low = Fraction(0) if left_out.high is None else max(Fraction(0), low - left_out.high)
        high = None if high is None else max(Fraction(0), high - left_out.low)
    return Amount(low, high)


def counted_again(session: Session, line: Line) -> Fraction | None:
    """The least that other lines were given of what a reading alone on its line may count again; none when it counts nothing again."""
    if any(x.line == line for group in (session.pushes, session.segments, session.pca) for x in group):
        return None
    reading, last = readings_of(session, line)[0].row, readings_of(session, line)[-1].at
    found: list[tuple[Line, Administration, Fraction]] = []
    for other in lines_of(session):
        read = readings_of(session, other)
        until = read[-1].at if read else None
        found += [(other, read[0].row, read_total(session, other).low)] if read else []
        for dose in (d for d in (*session.pushes, *session.pca) if d.line == other and d.start <= last):
            if until is None or given_after(dose, until).amount != ZERO:
                found.append((other, dose.row if isinstance(dose, Push) else dose.rows[0], dose.amount.low))
        for segment in (s for s in session.segments if s.line == other and s.start <= last):
            end = segment.possible.end
            if until is None or segment.start > until or end is None or end > until:
                found.append((other, segment.rows[0], segment.amount().low))
    again = [low for other, row, low in found if other != line and may_count(reading, row)]
    return sum(again, Fraction(0)) if again else None


def may_count(reading: Administration, row: Administration) -> bool:
    """Whether a reading may count what a row of another line gave: one order, and another source or a line of unknown identity."""
    one_order = not reading.order_in_force or not row.order_in_force or reading.order_in_force == row.order_in_force
    return one_order and (reading.source != row.source or not reading.line or not row.line)


def perhaps_read(read: Amount, charted: Amount, *, alone: bool) -> Amount:
    """What was given where readings are perhaps none: what they say or what the rows say, or in part both."""
    return read.either(charted) if alone else (read + charted).perhaps()


def charted_until(session: Session, line: Line, last: Fraction) -> Amount:
    """What the rows of a line say that was given up to an instant."""
    amounts = [p.amount for p in (*session.pushes, *session.pca) if p.line == line and p.start <= last]
    for segment in (s for s in session.segments if s.line == line and s.start <= last):
        whole, after = segment.amount(), segment.amount(last)
        high = segment.rate.over((last - segment.possible.start) / HOUR).high
        if whole.high is not None and after.high is not None:
            high = whole.high - after.high
        amounts.append(Amount(whole.low - after.low, high))
    return total(amounts)


def boluses_and_pca(session: Session, line: Line, last: Fraction, settings: Settings) -> list[Amount]:
    """What a pump's last reading contains of what the protocol leaves out; what was perhaps given later counts from zero."""
    found: list[tuple[Fraction, Fraction | None, Amount]] = []
    if not settings.flag("total.count_bolus"):
        found += [(p.start, p.done, p.amount) for p in session.pushes if p.line == line]
        for bolus in inferred(session, settings):
            amounts = [(s, s.amount().perhaps() if bolus.perhaps else s.amount()) for s in bolus.segments if s.line == line]
            found += [(s.start, s.possible.end, amount) for s, amount in amounts]
    if not settings.flag("total.count_pca"):
        found += [(p.start, p.done, p.amount) for p in session.pca if p.line == line]
    inside = [(end, amount) for start, end, amount in found if start <= last]
    return [amount if end is not None and end <= last else amount.perhaps() for end, amount in inside]


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


def timed_amounts(session: Session, low: bool, settings: Settings) -> list[Timed]:
    """The session's amounts in time, with proven (low) or possible extents of its segments."""
    result: list[Timed] = []
    for line in lines_of(session):
        readings = readings_of(session, line)
        last = readings[-1].at if readings else None
        pushed = [p for p in session.pushes if p.line == line]
        pumped = [p for p in session.pca if p.line == line]
        segments = [s for s in session.segments if s.line == line]
        if last is not None:
            begin = min([x.start for x in (*pushed, *pumped, *segments)], default=session.start)
            result.append(Timed(Extent(min(begin, last), last), counted_reading(session, line, settings)))
        for segment in segments:
            extent = segment.proven if low else segment.possible
            if last is not None:
                extent = Extent(max(last, extent.start), None if extent.end is None else max(last, extent.end))
            amount = counted(session, segment, segment.amount(last), settings)
            # Both ends ambiguous: it certainly ran, but at no time of which that is certain.
            unplaced = low and extent.end is not None and segment.rows[0].start.late > extent.end > extent.start
            if amount != ZERO:
                result.append(Timed(segment.possible, amount) if unplaced else Timed(extent, amount, even=True))
        doses = [*(pushed if settings.flag("total.count_bolus") else []), *(pumped if settings.flag("total.count_pca") else [])]
        result += [timed for dose in doses if (timed := given_after(dose, last)).amount != ZERO]
    return result


def in_window(item: Timed, end: Fraction, length: Fraction, closed_end: bool, low: bool) -> Fraction | None:
    """How much of an amount lies in the window up to an instant (one end belongs to it); none when nothing limits it."""
    begin, start, stop = end - length, item.extent.start, item.extent.end
    bound = item.amount.low if low else item.amount.high
    if not item.even or stop == start:
        return uneven_in_window(item.extent, bound, end, length, closed_end, low)
    overlap = min(end, end if stop is None else stop) - max(begin, start)
    if overlap <= 0:
        return Fraction(0)
    if bound is None or stop is None:
        return None if not low else Fraction(0)
    return bound * overlap / (stop - start)


def uneven_in_window(
    extent: Extent, bound: Fraction | None, end: Fraction, length: Fraction, closed_end: bool, low: bool
) -> Fraction | None:
    """An amount given at one time, or at unknown times within an extent: all of it, none of it, or up to all of it."""

    def inside(at: Fraction) -> bool:
        return end - length < at <= end if closed_end else end - length <= at < end

    stop = extent.start if extent.end is None else extent.end
    if inside(extent.start) and inside(stop):
        return bound
    outside = not inside(extent.start) and not inside(stop) and not extent.start < end <= stop
    return Fraction(0) if low or outside else bound


def largest_window(found: list[Session], session: Session, length: Fraction, settings: Settings) -> Amount:
    """The largest amount of any window of a length that ends inside the session."""
    low_end, high_end = session.ends()
    low = largest([t for s in found for t in timed_amounts(s, True, settings)], session.start, high_end or low_end, length, True)
    high = None
    lost = session.lost_kinds
    if high_end is not None:
        # a row that was kept out of another session may lie in a window that reaches it
        others = [t for s in found if s.lost_kinds for t in timed_amounts(s, False, settings)]
        lost = lost or largest(others, session.start, high_end, length, False) != 0
        high = largest([t for s in found for t in timed_amounts(s, False, settings)], session.start, high_end, length, False)
    return Amount(low or Fraction(0), None if lost or not is_supplied(session, length) else high)


def largest(items: list[Timed], first: Fraction, last: Fraction, length: Fraction, low: bool) -> Fraction | None:
    """The largest window: it can only end where a delivery begins or ends, or one length after."""
    edges = {edge for t in items for edge in (t.extent.start, t.extent.end) if edge is not None}
    ends = {first, last} | {e + shift for e in edges for shift in (0, length) if first <= e + shift <= last}
    best = Fraction(0)
    for end in ends:
        for closed_end in (True, False) if end > first else (True,):
            parts = [in_window(item, end, length, closed_end, low) for item in items]
            if any(p is None for p in parts):
                return None
            best = max(best, sum((p for p in parts if p is not None), Fraction(0)))
    return best
