"""Reporting periods: what a person may write after ``--period``, and the local dates that it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from infusion_audit.errors import UserError

_FORMS = "all, 2026-10, 2026-Q3, 2026, last-month, or 2026-10-01..2026-10-15 (the last date is included)"


@dataclass(frozen=True)
class Period:
    """A span of local dates, both ends included; None leaves that side open."""

    label: str
    first: date | None
    last: date | None


def parse_period(text: str, today: date) -> Period:
    """Read a period; ``today`` decides what ``last-month`` is."""
    word = text.strip() if text.isascii() else ""
    if word.lower() == "all":
        return Period("all", None, None)
    if word.lower() == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(f"{last:%Y-%m}", last.replace(day=1), last)
    try:
        if match := re.fullmatch(r"(\d{4})", word):
            return _months(word, int(match[1]), 1, 12)
        if match := re.fullmatch(r"(\d{4})-(\d{2})", word):
            return _months(word, int(match[1]), int(match[2]), 1)
        if match := re.fullmatch(r"(\d{4})-[Qq]([1-4])", word):
            return _months(word.upper(), int(match[1]), 3 * int(match[2]) - 2, 3)
        if match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", word):
            first, last = date.fromisoformat(match[1]), date.fromisoformat(match[2])
            if last < first:
                raise UserError(f'period "{text}": {last} lies before {first}', hint="Write the earlier date first.")
            return Period(word, first, last)
    except (ValueError, OverflowError) as error:
        raise UserError(f'period "{text}": there is no such date', hint=f"Give {_FORMS}.") from error
    raise UserError(f'period "{text}" is not understood', hint=f"Give {_FORMS}.")


def period_before(period: Period) -> str | None:
    """The label of the period of the same kind just before: a month, quarter or year; none of all time or of single dates."""
    if period.first is None or period.last is None or ".." in period.label:
        return None
    before = period.first - timedelta(days=1)
    if re.fullmatch(r"\d{4}", period.label):
        return f"{before.year}"
    return f"{before.year}-Q{(before.month + 2) // 3}" if "Q" in period.label else f"{before:%Y-%m}"


def _months(label: str, year: int, month: int, count: int) -> Period:
    after = date(year + (month + count - 1) // 12, (month + count - 1) % 12 + 1, 1)
    return Period(label, date(year, month, 1), after - timedelta(days=1))
