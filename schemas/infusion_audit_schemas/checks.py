# pyright: basic, reportMissingTypeStubs=false
"""The checks that the models are made of: each is a function for pandera, a condition for SQL, and a reason.

The function says whether one cell is well-formed; the condition finds the same cells that are not. A property test
holds the two together. In a condition ``{cell}`` is the cell's text, ``{read}`` the value read from it and ``{first}``
the instant (the earlier one where a local time occurred twice).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pandera.api.extensions import register_check_method

DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
FIXED = r"[+-]?(0*[0-9]{1,9}(\.[0-9]{0,9}0*)?|\.[0-9]{1,9}0*)"
SCIENTIFIC = r"[+-]?[0-9](\.[0-9]{1,9})?[eE][+-]?0?[0-9]"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0{0,3})?)?"
OFFSET = r"[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
LONGEST_TEXT = 1000


@dataclass(frozen=True)
class RowCheck:
    """The SQL side of a check: the reason it gives and the condition under which a cell is broken."""

    reason: str
    broken: str


@dataclass(frozen=True)
class Extraction:
    """What an extract's manifest says about its times."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    extracted_at: datetime | None = None


CHECKS: dict[str, RowCheck] = {"isin": RowCheck("not_allowed", "not list_contains([{allowed_values}], {cell})")}
_extraction: ContextVar[Extraction] = ContextVar("extraction", default=Extraction())  # noqa: B039 - it is frozen


@contextmanager
def extraction(of: Extraction) -> Iterator[None]:
    """Validate inside this block as rows of an extract with this time zone and extraction time."""
    token = _extraction.set(of)
    try:
        yield
    finally:
        _extraction.reset(token)


def row_check(reason: str, broken: str, statistics: list[str] | None = None) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Register a function of one cell (or, with statistics, of one row) with pandera, beside its SQL condition."""

    def register(function: Callable[..., bool]) -> Callable[..., bool]:
        CHECKS[function.__name__] = RowCheck(reason, broken)
        register_check_method(function, statistics=statistics, check_type="element_wise")
        return function

    return register


@row_check("too_long", f"strlen({{cell}}) > {LONGEST_TEXT}")
def short_text(cell: str) -> bool:
    """A text has at most 1,000 bytes, so that no page, log or message drowns in one."""
    return len(cell.encode()) <= LONGEST_TEXT


SPREADSHEET_ERRORS = (
    *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA"),
    *("#NOT_COMPUTED!", "#LOST_DIGITS!"),  # what the reader of workbooks says of a formula without a result and of a rounded identity
)


_LISTED_ERRORS = ", ".join(f"'{each}'" for each in SPREADSHEET_ERRORS)


@row_check(
    "spreadsheet_error",
    f"case when {{cell}} between '#' and '#~' then list_contains([{_LISTED_ERRORS}], upper({{cell}})) end",
)
def no_spreadsheet_error(cell: str) -> bool:
    """A text is not what a spreadsheet shows where it could not work out a cell: as an identity it would make one of many people."""
    return cell.upper() not in SPREADSHEET_ERRORS


@row_check("kind_not_used", "not list_contains([{kinds}], {cell})", ["kinds"])
def used_kind(cell: str, *, kinds: list[str]) -> bool:
    """The kind of an observation is one that a rule can use."""
    return cell in kinds


@row_check("not_a_number", f"{{read}} is null and not regexp_full_match({{cell}}, '{DECIMAL}')")
def decimal_text(cell: str) -> bool:
    """A number is written with the digits 0 to 9 and a dot."""
    return re.fullmatch(DECIMAL, cell) is not None


@row_check("too_many_digits", "{read} is null")
def exact_decimal(cell: str) -> bool:
    """A number has at most nine digits before and nine after the point, so that it is kept exactly."""
    if re.fullmatch(FIXED, cell):
        return True
    if not re.fullmatch(SCIENTIFIC, cell):
        return not re.fullmatch(DECIMAL, cell)
    number = Decimal(cell)
    return abs(number) < 10**9 and number == round(number, 9)


@row_check("negative", "{read} < 0")
def not_negative(cell: str) -> bool:
    """Doses, rates, weights, volumes and counts are never below zero."""
    return not re.fullmatch(DECIMAL, cell) or not exact_decimal(cell) or Decimal(cell) >= 0


@row_check("not_a_whole_number", "{read} <> floor({read})")
def whole(cell: str) -> bool:
    """A count has no fraction."""
    return not re.fullmatch(DECIMAL, cell) or not exact_decimal(cell) or Decimal(cell) % 1 == 0


@row_check("not_a_time", "{read} is null")
def iso_time(cell: str) -> bool:
    """A time is ISO 8601: a date, T or a space, hours and minutes, and perhaps seconds, a fraction and an offset."""
    return _read_time(cell) is not None


@row_check("year_out_of_range", "{cell} not between '1900' and '2301'")
def plausible_year(cell: str) -> bool:
    """A year is between 1900 and 2300: de-identified extracts are shifted into the future."""
    return "1900" <= cell <= "2301"


@row_check("nonexistent_local_time", "{first} is null")
def existing_time(cell: str) -> bool:
    """A local time was shown by the clocks of the extract's zone; the hour they skip in spring never was."""
    wall = _read_time(cell)
    return wall is None or wall.tzinfo is not None or bool(_instants(wall))


@row_check("after_extraction", "{first} > getvariable('extracted_at')")
def before_extraction(cell: str) -> bool:
    """Nothing happened after the extract was taken."""
    wall, limit = _read_time(cell), _extraction.get().extracted_at
    if wall is None or limit is None:
        return True
    first = [wall] if wall.tzinfo else _instants(wall)
    return not first or first[0] <= limit


@row_check("not_a_date", "{read} is null")
def iso_date(cell: str) -> bool:
    """A date is YYYY-MM-DD."""
    return _read_date(cell) is not None


@row_check("after_extraction", "{read} > getvariable('extracted_on')")
def dated_before_extraction(cell: str) -> bool:
    """No one was born after the extract was taken."""
    day, limit = _read_date(cell), _extraction.get()
    return day is None or limit.extracted_at is None or day <= limit.extracted_at.astimezone(limit.zone).date()


@row_check("not_a_number", "({read} is null and list_contains([{kinds}], kind))", ["column", "kinds"])
def number_for_kind(row: Mapping[str, Any], *, column: str, kinds: list[str]) -> bool:
    """The value of a measured kind is an exact number."""
    cell = row[column]
    return row["kind"] not in kinds or not isinstance(cell, str) or (decimal_text(cell) and exact_decimal(cell))


@row_check(
    "not_allowed",
    "(list_contains([{kinds}], kind) and not list_contains([{words}], kind || ' ' || lower({cell})))",
    ["column", "kinds", "words"],
)
def word_for_kind(row: Mapping[str, Any], *, column: str, kinds: list[str], words: list[str]) -> bool:
    """The value of a coded kind is one of its words."""
    cell = row[column]
    return row["kind"] not in kinds or not isinstance(cell, str) or f"{row['kind']} {cell.lower()}" in words


def _read_time(cell: str) -> datetime | None:
    if not re.fullmatch(f"{TIME}(Z|{OFFSET})?", cell):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"(\.[0-9]{6})0+", r"\1", cell))
    except ValueError:
        return None


def _read_date(cell: str) -> date | None:
    if not re.fullmatch(DATE, cell):
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None


def _instants(wall: datetime) -> list[datetime]:
    """The instants, earliest first, at which the clocks of the extract's zone showed this time: none, one or two."""
    zone = _extraction.get().zone
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(instant for instant in found if instant.astimezone(zone).replace(tzinfo=None) == wall)
