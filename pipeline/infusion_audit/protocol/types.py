"""The kinds of value that a protocol file may hold: exact numbers, comparators, texts, and tables without unknown keys."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

COMPARATORS = {"<": "lt", "<=": "le", "≤": "le", "=<": "le", ">": "gt", ">=": "ge", "≥": "ge", "=>": "ge"}
# Which side of the quantity a comparator guards, for every way to write it.
SIDES = {
    word: {"l": "an upper", "g": "a lower", "b": "a two-sided"}[code[0]]
    for word, code in [*COMPARATORS.items(), *((code, code) for code in ("lt", "le", "gt", "ge", "between"))]
}
SYMBOLS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "between": "between"}


def _number(value: object) -> Decimal:
    """An exact decimal; 6 decimals are what the engine's columns hold, so that nothing is ever rounded."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("must be a number")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?", str(value).strip(), re.ASCII):
        raise ValueError("must be a number with a decimal point")
    number = Decimal(str(value).strip())
    if abs(number) >= 10**12 or number != round(number, 6):
        raise ValueError("must have at most 6 decimals and 12 digits before the point")
    return number


def _comparator(value: object) -> object:
    return COMPARATORS.get(value, value) if isinstance(value, str) else value


Number = Annotated[Decimal, BeforeValidator(_number)]
Amount = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Percent = Annotated[Number, Field(ge=0, le=100, decimal_places=2)]
Comparator = Annotated[Literal["lt", "le", "gt", "ge", "between"], BeforeValidator(_comparator)]
Text = Annotated[str, Field(min_length=1)]
Severity = Literal["info", "minor", "major", "critical"]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(Table):
    """A group of settings and where its numbers come from."""

    source: str = "site_policy"
    quote: str | None = None
    seed_line: StrictInt | None = None
