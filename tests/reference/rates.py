"""Pieces of constant summed rate in a session, with proven and with possible extents."""

from dataclasses import dataclass
from fractions import Fraction

from .amounts import Rate
from .lines import Extent, Segment
from .units import ZERO


@dataclass(frozen=True)
class Piece:
    """A time with one summed rate; `open` when it ends where a segment with a missing stop was last proven."""

    start: Fraction
    end: Fraction | None
    rate: Rate
    open: bool

    def lasts(self, seconds: Fraction) -> bool:
        """Whether it counts for a rule about segments of at least this length."""
        return self.open or self.end is None or self.end - self.start >= seconds


def total_rate(rates: list[Rate]) -> Rate:
    """The sum of the rates of lines that run together."""
    result, *others = rates or [Rate(ZERO)]
    for rate in others:
        result += rate
    return result


def pieces(segments: list[Segment], *, proven: bool) -> list[Piece]:
    """The summed rate through the session, contiguous pieces of one rate joined."""
    extents = [(s, s.proven if proven else s.possible) for s in segments]
    # A segment without any proof that it ran on was still set at its start: it counts there as an instant,
    # unless it only goes on with the rate before it.
    extents = [(s, e) for s, e in extents if e.end is None or e.end > e.start or (s.open and not any(goes_on(s, o) for o in segments))]
    edges = sorted({edge for _, e in extents for edge in (e.start, e.end) if edge is not None})
    result: list[Piece] = []
    for index, start in enumerate(edges):
        end = edges[index + 1] if index + 1 < len(edges) else None
        instant = [s for s, e in extents if e.start == start == e.end]
        if instant:
            append(result, piece_of(start, start, [*instant, *running_at(extents, start)], extents))
        running = running_at(extents, start)
        if running:
            append(result, piece_of(start, end, running, extents))
    return result


def goes_on(segment: Segment, before: Segment) -> bool:
    """Whether a segment has the rate of another that ran on the same line up to its start."""
    touches = before.line == segment.line and before.start < segment.start == before.proven.end
    return touches and before.perhaps == segment.perhaps and before.rate.is_same(segment.rate)


def running_at(extents: list[tuple[Segment, Extent]], at: Fraction) -> list[Segment]:
    """The segments that run at an instant."""
    return [s for s, e in extents if e.start <= at and (e.end is None or e.end > at)]


def piece_of(start: Fraction, end: Fraction | None, running: list[Segment], extents: list[tuple[Segment, Extent]]) -> Piece:
    """One piece."""
    ends = {id(s): e.end for s, e in extents}
    return Piece(start, end, total_rate([s.rate for s in running]), any(s.open and ends[id(s)] == end for s in running))


def append(result: list[Piece], piece: Piece) -> None:
    """Add a piece, joined to the last one when they touch and have the same rate."""
    if piece.rate.is_zero:
        return
    if result and result[-1].end == piece.start and result[-1].rate == piece.rate:
        piece = Piece(result.pop().start, piece.end, piece.rate, piece.open)
    result.append(piece)
