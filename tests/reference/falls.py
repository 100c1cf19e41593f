"""When the summed rate of a session fell, and what else was done for the patient."""

from dataclasses import dataclass
from fractions import Fraction

from .amounts import Rate
from .lines import Segment
from .rates import total_rate
from .sessions import Session
from .settings import Settings
from .times import Moment
from .units import ZERO
from .verdicts import Facts


@dataclass(frozen=True)
class Act:
    """Something that may answer an abnormal value; the end of the session by a charted stop is one only when it comes in time."""

    at: Moment | None  # a late bound of none is written as no moment
    begin: Fraction
    certain: bool
    natural_end: bool = False

    @property
    def last(self) -> Fraction | None:
        """The latest instant."""
        return self.at.late if self.at else None


@dataclass(frozen=True)
class Run:
    """Segments of one line that follow each other at one rate."""

    first: Segment
    last: Segment

    @property
    def has_one_end(self) -> bool:
        """Whether its end is known, if it was given."""
        last = self.last
        return not (last.open or last.amount_unknown) and last.proven.end is not None and last.proven.end == last.possible.end

    @property
    def ends_surely(self) -> bool:
        """Whether it was given, to a known end."""
        return self.has_one_end and not self.first.perhaps


def runs(session: Session) -> list[Run]:
    """The rates that were set one after the other."""
    result: list[Run] = []
    for segment in sorted(session.segments, key=lambda s: s.start):
        before = next((r for r in result if r.first.line == segment.line and r.last.possible.end == segment.start and r.has_one_end), None)
        same = before and (before.last.rate.is_same(segment.rate) or before.last.rate.mg_per_h == segment.rate.mg_per_h != ZERO)
        if before and same and before.last.rate.mg_per_h.high is None and not before.last.rate.is_same(segment.rate):
            same = False
        if before and same and before.first.perhaps == segment.perhaps:
            result[result.index(before)] = Run(before.first, segment)
        else:
            result.append(Run(segment, segment))
    return [r for r in result if r.last.possible.end is None or r.last.possible.end > r.first.start]


def fell(before: list[Rate], after: list[Rate]) -> bool | None:
    """Whether the rates that end add up to more than those that begin."""
    if not after:
        return True
    old, new = total_rate(before), total_rate(after)
    per_kg = [r.per_kg_h > 0 for r in (*before, *after)]
    if any(per_kg):
        return old.per_kg_h > new.per_kg_h if all(per_kg) else None
    if new.mg_per_h.high is not None and old.mg_per_h.low > new.mg_per_h.high:
        return True
    return False if old.mg_per_h.high is not None and old.mg_per_h.high <= new.mg_per_h.low else None


def falls(session: Session) -> list[Act]:
    """Every time at which the rate fell or may have fallen."""
    found = runs(session)
    end = session.ends()[0]
    result: list[Act] = []
    for at in sorted({r.last.proven.end for r in found if r.ends_surely and r.last.proven.end is not None}):
        ending = [r for r in found if r.ends_surely and r.last.proven.end == at]
        starting = [r for r in found if r.first.start == at]
        fall = fell([r.last.rate for r in ending], [r.first.rate for r in starting])
        charted = any(row.line_key == r.last.line and row.start.early == at for r in ending for row in session.set_rows)
        if fall is not False:
            sure = fall is True and not session.lost("infusion")
            result.append(Act(Moment(at, at), at, sure, not charted and at >= end))
    for run in found:
        if not run.ends_surely:
            begin, last = run.last.proven.end or run.last.proven.start, run.last.possible.end
            charted = not run.last.open and any(
                row.line_key == run.last.line and row.start.early == begin for row in session.set_rows if row.start.early > run.first.start
            )
            result.append(Act(None if last is None else Moment(begin, last), begin, False, not charted and begin >= end))
    return result


def acts(session: Session, facts: Facts, settings: Settings) -> list[Act]:
    """Falls of the rate and interventions, until the next session may begin."""
    low, high = session.ends()
    until = (low if high is None else high) + max(settings.minutes("session.gap_min"), settings.minutes("monitoring.recovery_min"))
    result = falls(session)
    for done in facts.interventions:
        if done.at.late >= session.start and done.at.early <= until:
            result.append(Act(done.at, done.at.early, done.at.early == done.at.late))
    return result
