# pyright: basic, reportMissingTypeStubs=false
"""The kinds of cell that the tables are made of: what a column holds, and the checks that go with it."""

from __future__ import annotations

from typing import Any

import pandera.pandas as pa

from . import checks as checks  # registers them with pandera


def identifier(description: str, *, required: bool = False) -> Any:
    """A name given by the source system: text, never a number, kept as it is written."""
    return _field("identifier", description, required, ["no_spreadsheet_error", "short_text"])


def text(description: str, *, required: bool = False, number: str | None = None) -> Any:
    """Free text, without the blanks around it; ``number`` names the column that holds it again where it is a number."""
    return _field("text", description, required, ["no_spreadsheet_error", "short_text"], number=number)


def name(description: str, *, default: str | None = None) -> Any:
    """A name whose letter case does not matter, such as a drug's."""
    return _field("name", description, False, ["no_spreadsheet_error", "short_text"], default=default)


def choice(description: str, *allowed: str, required: bool = False, default: str | None = None) -> Any:
    """One word of a closed list; letter case does not matter."""
    return _field("choice", description, required, {"isin": list(allowed)}, allowed=list(allowed), default=default)


def kind_of_observation(description: str, *kinds: str) -> Any:
    """The kind of an observation; rows of other kinds are not used."""
    return _field("choice", description, True, {"used_kind": {"kinds": list(kinds)}}, allowed=list(kinds))


def number(description: str, *, required: bool = False) -> Any:
    """An exact decimal that is not negative."""
    return _field("number", description, required, ["decimal_text", "exact_decimal", "not_negative"])


def count(description: str) -> Any:
    """A whole number that is not negative."""
    return _field("count", description, False, ["decimal_text", "exact_decimal", "not_negative", "whole"])


def instant(description: str, *, required: bool = False, may_be_ambiguous: bool = False) -> Any:
    """A time with an offset, or local to the manifest's zone; ``may_be_ambiguous`` keeps both readings of one that occurred twice."""
    return _field(
        "instant", description, required, ["iso_time", "plausible_year", "existing_time", "before_extraction"], latest=may_be_ambiguous
    )


def date(description: str) -> Any:
    """A calendar day."""
    return _field("date", description, False, ["iso_date", "plausible_year", "dated_before_extraction"])


def _field(kind: str, description: str, required: bool, applied: list[str] | dict[str, Any], **more: Any) -> Any:
    """A pandera field: a required one must be a column of the file and is never empty."""
    metadata = {"kind": kind, **{key: value for key, value in more.items() if value}}
    named: dict[str, Any] = applied if isinstance(applied, dict) else dict.fromkeys(applied, ())
    return pa.Field(nullable=not required, required=required, description=description, metadata=metadata, **named)
