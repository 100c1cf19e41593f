"""Local wall-clock seconds, and how each table writes them.

Inside the sample an instant is the number of seconds of the local wall clock since 0001-01-01. The sample never uses the
hours in which clocks change, so the offset of the day's noon is the offset of every time used on that day.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

DAY = 86_400
HOUR = 3_600
MINUTE = 60

ZONE_NAME = "America/New_York"
_ZONE = ZoneInfo(ZONE_NAME)
_HOUR_MINUTE = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]
_SECOND = [f"{second:02d}" for second in range(60)]
_SECOND_UTC = [f"{second:02d}Z" for second in range(60)]

EXTRACTED_ON = date(2026, 10, 31)
EXTRACTED_AT = EXTRACTED_ON.toordinal() * DAY + 6 * HOUR


@cache
def _date_text(day: int) -> str:
    return date.fromordinal(day).isoformat()


@cache
def offset(day: int) -> int:
    """Seconds that local time is behind UTC at noon of that day."""
    shift = datetime.combine(date.fromordinal(day), time(12), _ZONE).utcoffset()
    assert shift is not None
    return -int(shift.total_seconds())


def local(at: int) -> str:
    """Local time without an offset, to be read with the manifest's time zone."""
    second = at % DAY
    return _date_text(at // DAY) + _HOUR_MINUTE[second // 60] + _SECOND[second % 60]


def utc(at: int) -> str:
    """The same instant in UTC, marked Z."""
    at += offset(at // DAY)
    second = at % DAY
    return _date_text(at // DAY) + _HOUR_MINUTE[second // 60] + _SECOND_UTC[second % 60]


def with_offset(at: int) -> str:
    """Local time with its offset from UTC."""
    return f"{local(at)}-{offset(at // DAY) // HOUR:02d}:00"


def instant(at: int) -> int:
    """Seconds on a clock that never changes, for times far apart."""
    return at + offset(at // DAY)


def later(at: int, seconds: int) -> int:
    """So many real seconds after it."""
    return at + seconds + offset(at // DAY) - offset((at + seconds) // DAY)


def clocks_change_before_noon_of(day: int) -> bool:
    return offset(day) != offset(day - 1)


def window(months: int) -> tuple[int, int]:
    """First and last day on which sessions start: whole months up to the one of the extract."""
    month = EXTRACTED_ON.year * 12 + EXTRACTED_ON.month - months
    first = date(month // 12, month % 12 + 1, 1)
    return first.toordinal(), EXTRACTED_ON.toordinal() - 2
