"""Assessments and the gaps between them."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from .lines import Segment
from .rows import Observation
from .sessions import Session
from .settings import Settings
from .units import number

Times = list[Fraction]


def between(low: str, high: str) -> Callable[[str], bool]:
    """A test for numbers in a range."""

    lowest, highest = Fraction(low), Fraction(high)

    def test(value: str) -> bool:
        found = number(value, signed=True)
        return isinstance(found, Fraction) and lowest <= found <= highest

    return test


def whole(low: str, high: str) -> Callable[[str], bool]:
    """A test for whole numbers in a range."""
    in_range = between(low, high)
    return lambda value: in_range(value) and bool(re.fullmatch(r"[+-]?\d+(\.0+)?", value.strip()))


def any_number(value: str) -> bool:
    """A test for any number."""
    return isinstance(number(value, signed=True), Fraction)


SEDATION: dict[str, Callable[[str], bool]] = {
    "rass": whole("-5", "4"),
    "poss": lambda value: value.strip().upper() == "S" or whole("1", "4")(value),
    "ramsay": whole("1", "6"),
    "moaas": whole("0", "5"),
    "aldrete_consciousness": whole("0", "2"),
}
RESPIRATORY: dict[str, Callable[[str], bool]] = {
    "respiratory_rate": between("1", "80"),
    "spo2": between("30", "100"),
    "etco2": between("1", "120"),
}
PSYCHOMIMETIC: dict[str, Callable[[str], bool]] = {
    "psychomimetic": lambda value: value.strip().lower() in ("none", "present"),
    "cadss": between("0", "92"),
    "bprs": any_number,
    "kset": any_number,
}


def assessed(observations: list[Observation], tests: dict[str, Callable[[str], bool]]) -> Times:
    """When a valid value of these kinds was charted."""
    return sorted(o.at.early for o in observations if o.kind in tests and tests[o.kind](o.value))


@dataclass(frozen=True)
class Gap:
    """A time without an assessment; its length leaves out the long pauses."""

    begin: Fraction
    end: Fraction | None
    length: Fraction | None
    allowed: Fraction
    pauses: tuple[tuple[Fraction, Fraction], ...] = ()

    def elapsed(self, begin: Fraction, until: Fraction) -> Fraction:
        """The length of a part of it."""
        return until - begin - sum((max(Fraction(0), min(until, b) - max(begin, a)) for a, b in self.pauses), Fraction(0))


def delivery_times(session: Session, *, proven: bool) -> list[tuple[Fraction, Fraction | None]]:
    """When something was being delivered."""
    result: list[tuple[Fraction, Fraction | None]] = [(p.start, p.end) for p in session.pushes]
    result += [(p.start, p.end) for p in session.pca] + [(r.at, r.at) for r in session.lone_readings]
    for segment in session.segments:
        extent = segment.proven if proven else segment.possible
        result.append((extent.start, extent.end))
    return result


def long_pauses(session: Session, settings: Settings, *, proven: bool) -> list[tuple[Fraction, Fraction]]:
    """The times inside the session in which nothing was delivered for longer than the protocol excuses."""
    result: list[tuple[Fraction, Fraction]] = []
    reached: Fraction | None = session.start
    for start, end in sorted(delivery_times(session, proven=proven), key=lambda x: x[0]):
        if reached is None:
            break
        if start - reached > settings.minutes("monitoring.pause_exempt_min"):
            result.append((reached, start))
        reached = None if end is None else max(reached, end)
    return result


def continues(segment: Segment, other: Segment) -> bool:
    """Whether a segment is the next row of another's infusion, at the same rate: it began nothing."""
    touch = other is not segment and other.line == segment.line and other.proven.end == other.possible.end == segment.start
    return touch and other.rate.is_same(segment.rate) is True and other.perhaps == segment.perhaps


def possible_pauses(session: Session, settings: Settings) -> list[tuple[Fraction, Fraction]]:
    """The times from a delivery to the next, or to the end, that a pause whose row was kept out may have filled: the excused ones."""
    going_on = {s.start for s in session.segments if any(continues(s, other) for other in session.segments)}
    others = {start for part in (session.pushes, session.pca) for start in (x.start for x in part)} | {r.at for r in session.lone_readings}
    starts = sorted(({s.start for s in session.segments} - going_on) | others)
    between = itertools.pairwise([*starts, session.ends()[0]])
    return [(a, b) for a, b in between if b - a > settings.minutes("monitoring.pause_exempt_min")]


def gaps(session: Session, times: Times, settings: Settings, *, proven: bool) -> list[Gap]:
    """The gaps between the start, each assessment inside, and the end."""
    low, high = session.ends()
    end = low if proven else high
    inside = [t for t in times if session.start < t and (end is None or t < end)]
    anchors: list[Fraction | None] = [session.start, *inside, end]
    pauses = long_pauses(session, settings, proven=proven)
    result: list[Gap] = []
    for begin, until in itertools.pairwise(anchors):
        assert begin is not None
        if until is None:
            result.append(Gap(begin, None, None, settings.allowed_gap(begin - session.start)))
            continue
        gap = Gap(begin, until, None, settings.allowed_gap(begin - session.start), tuple(pauses))
        result.append(replace(gap, length=gap.elapsed(begin, until)))
    return result
