"""Assessments, gaps between them, and coverage of the observation table."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .rows import Observation
from .sessions import Session
from .settings import Settings
from .times import moment, seconds
from .units import number

Times = list[Fraction]


def between(low: str, high: str) -> Callable[[str], bool]:
    """A test for numbers in a range."""

    def test(value: str) -> bool:
        found = number(value, signed=True)
        return isinstance(found, Fraction) and Fraction(low) <= found <= Fraction(high)

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
    "poss": lambda value: value.strip().upper() in ("S", "1", "2", "3", "4"),
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
class Span:
    """One entry of the manifest's coverage of a table."""

    kinds: frozenset[str] | None
    departments: frozenset[str] | None
    begin: Fraction | None
    end: Fraction | None


class Coverage:
    """What a table can be expected to hold."""

    def __init__(self, manifest: dict[str, Any], supplied: bool, zone: ZoneInfo, table: str = "observation") -> None:
        entries = [e for e in manifest.get("coverage", []) if e.get("table") == table]
        spans = [
            Span(
                frozenset(e["kinds"]) if "kinds" in e else None,
                frozenset(e["departments"]) if "departments" in e else None,
                instant(e.get("from"), zone),
                instant(e.get("to"), zone),
            )
            for e in entries
        ]
        self.spans = spans if spans or not supplied else [Span(None, None, None, None)]
        self.spans = self.spans if supplied else []

    def covers(self, begin: Fraction, end: Fraction | None, kinds: set[str], department: str, *, inclusive: bool = False) -> bool:
        """Whether one of the kinds is covered through the whole of a time (none: for ever), with its last instant on request."""
        spans = [s for s in self.spans if s.kinds is None or kinds & s.kinds]
        spans = [s for s in spans if s.departments is None or department in s.departments]
        reached = begin
        for span in sorted(spans, key=lambda s: (s.begin is not None, s.begin or 0)):
            if span.begin is not None and span.begin > reached:
                continue
            if span.end is None:
                return True
            reached = max(reached, span.end)
        return bool(spans) and end is not None and reached > begin and (reached > end if inclusive else reached >= end)


def instant(value: Any, zone: ZoneInfo) -> Fraction | None:
    """A time of the manifest: a TOML time or date, or an ISO text."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return seconds(value if value.tzinfo else value.replace(tzinfo=zone))
    found = moment(value.isoformat() if isinstance(value, date) else str(value), zone)
    return found.early if found else None


@dataclass(frozen=True)
class Gap:
    """A time without an assessment; its length leaves out the long pauses."""

    begin: Fraction
    end: Fraction | None
    length: Fraction | None
    allowed: Fraction


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
        excused = sum((max(Fraction(0), min(until, b) - max(begin, a)) for a, b in pauses), Fraction(0))
        result.append(Gap(begin, until, until - begin - excused, settings.allowed_gap(begin - session.start)))
    return result
