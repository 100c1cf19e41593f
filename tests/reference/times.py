"""Charted times as exact seconds since 1970, with both readings of a local time that occurred twice."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = Fraction(60), Fraction(3600), Fraction(86400)


@dataclass(frozen=True)
class Moment:
    """The earliest and the latest instant that a charted time can mean."""

    early: Fraction
    late: Fraction


def seconds(instant: datetime) -> Fraction:
    """The exact seconds from the epoch to an aware time."""
    elapsed = instant - EPOCH
    return Fraction(elapsed.days * 86_400_000_000 + elapsed.seconds * 1_000_000 + elapsed.microseconds, 1_000_000)


@cache
def moment(text: str | None, zone: ZoneInfo) -> Moment | None:
    """Read one ISO time; none when it is empty, unreadable, or a local time that the clocks skipped."""
    try:
        charted = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if charted.tzinfo is not None:
        return Moment(seconds(charted), seconds(charted))
    first, second = charted.replace(tzinfo=zone, fold=0), charted.replace(tzinfo=zone, fold=1)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != charted:
        return None
    return Moment(seconds(first), seconds(second))


def ruled_by_entry(time: Moment, recorded: Moment | None) -> Moment:
    """Drop the later reading of an ambiguous time when the row was recorded before it."""
    if recorded is not None and recorded.late < time.late:
        return Moment(time.early, time.early)
    return time


def to_datetime(instant: Fraction) -> datetime:
    """The aware UTC time of an instant (to the microsecond)."""
    return EPOCH + timedelta(microseconds=round(instant * 1_000_000))


def local_date(instant: Fraction, zone: ZoneInfo) -> date:
    """The calendar date at an instant in the site's zone."""
    return to_datetime(instant).astimezone(zone).date()


def charted_date(text: str | None) -> date | None:
    """The date that can still be read in a time cell that is otherwise unusable."""
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None
