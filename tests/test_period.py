"""Periods: every way to write one, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from infusion_audit.errors import UserError
from infusion_audit.period import Period, parse_period

TODAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "label", "first", "last"),
    [
        ("all", "all", None, None),
        ("2026-10", "2026-10", date(2026, 10, 1), date(2026, 10, 31)),
        ("2026-12", "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2024-02", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-Q1", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-q4", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", "2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("last-month", "2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2026-10-01..2026-10-15", "2026-10-01..2026-10-15", date(2026, 10, 1), date(2026, 10, 15)),
        ("2026-10-01..2026-10-01", "2026-10-01..2026-10-01", date(2026, 10, 1), date(2026, 10, 1)),
        ("2026-10-01..9999-12-31", "2026-10-01..9999-12-31", date(2026, 10, 1), date(9999, 12, 31)),
        (" 2026 ", "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_a_span_of_local_dates(text: str, label: str, first: date | None, last: date | None):
    assert parse_period(text, TODAY) == Period(label, first, last)


def test_last_month_of_a_leap_year_march_is_february():
    assert parse_period("last-month", date(2024, 3, 31)) == Period("2024-02", date(2024, 2, 1), date(2024, 2, 29))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "October",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "26-10",
        "2026-1",
        "2026-10-01",
        "2026-02-30..2026-03-01",
        "2026-10-15..2026-10-01",
        "9999",
        "\u0662\u0660\u0662\u0666",
    ],
)
def test_anything_else_is_refused_with_the_forms_that_work(text: str):
    with pytest.raises(UserError) as caught:
        parse_period(text, TODAY)
    assert f'"{text}"' in caught.value.message
    assert caught.value.hint
