"""Exact numbers, the closed unit table and amounts with bounds."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

LB_IN_KG = Fraction("0.45359237")
MG_PER = {"g": Fraction(1000), "mg": Fraction(1), "ug": Fraction(1, 1000), "ng": Fraction(1, 1_000_000)}
KG_PER = {"kg": Fraction(1), "g": Fraction(1, 1000), "lb": LB_IN_KG, "oz": LB_IN_KG / 16}
PER_HOUR = {"h": Fraction(1), "hr": Fraction(1), "hour": Fraction(1), "min": Fraction(60), "minute": Fraction(60)}


class Unreadable:
    """The one value of a cell that is filled but breaks the contract."""


UNREADABLE = Unreadable()
Cell = Fraction | None | Unreadable


@cache
def number(text: str | None, *, signed: bool = False) -> Cell:
    """The exact value of a decimal cell: none when empty, unreadable when it is not a plain decimal."""
    text = (text or "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", text):
        return UNREADABLE
    value = Fraction(text)
    return UNREADABLE if value < 0 and not signed else value


def unit_parts(text: str | None) -> list[str]:
    """The unit in lower case without spaces, one spelling for micro and for millilitre, split at the slashes."""
    unit = re.sub(r"\s+", "", (text or "").lower())
    unit = unit.replace("\u00b5", "u").replace("\u03bc", "u").replace("mcg", "ug").replace("cc", "ml")
    return unit.split("/")


@dataclass(frozen=True)
class AmountUnit:
    """How one charted dose becomes milligrams (or millilitres)."""

    factor: Fraction
    per_kg: bool = False
    volume: bool = False


@dataclass(frozen=True)
class RateUnit:
    """How one charted rate becomes milligrams (or millilitres) per hour."""

    factor: Fraction
    per_kg: bool = False
    volume: bool = False


def amount_unit(text: str | None) -> AmountUnit | None:
    """The closed table of dose units; none for any other."""
    match unit_parts(text):
        case [mass] if mass in MG_PER:
            return AmountUnit(MG_PER[mass])
        case [mass, "kg"] if mass in MG_PER:
            return AmountUnit(MG_PER[mass], per_kg=True)
        case ["ml"]:
            return AmountUnit(Fraction(1), volume=True)
        case _:
            return None


def rate_unit(text: str | None) -> RateUnit | None:
    """The closed table of rate units; none for any other."""
    match unit_parts(text):
        case [mass, time] if mass in ("mg", "ug", "ng") and time in PER_HOUR:
            return RateUnit(MG_PER[mass] * PER_HOUR[time])
        case [mass, "kg", time] if mass in ("mg", "ug", "ng") and time in PER_HOUR:
            return RateUnit(MG_PER[mass] * PER_HOUR[time], per_kg=True)
        case ["ml", time] if time in PER_HOUR:
            return RateUnit(PER_HOUR[time], volume=True)
        case _:
            return None


def kilograms(value: Cell, unit: str | None) -> Fraction | None:
    """A charted weight in kg; none when the value or its unit cannot be used."""
    factor = KG_PER.get("".join(unit_parts(unit)))
    if not isinstance(value, Fraction) or factor is None or value == 0:
        return None
    return value * factor


def mg_per_ml(value: Cell, unit: str | None) -> Fraction | None:
    """A charted concentration in mg/mL; none when it cannot be used or is not a plausible one (0.1 to 100)."""
    factor = {"mg/ml": Fraction(1), "ug/ml": Fraction(1, 1000)}.get("/".join(unit_parts(unit)))
    if not isinstance(value, Fraction) or factor is None:
        return None
    return value * factor if Fraction(1, 10) <= value * factor <= 100 else None


@dataclass(frozen=True)
class Amount:
    """A quantity known between two bounds; a high bound of none means that nothing limits it."""

    low: Fraction
    high: Fraction | None

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.low + other.low, None if self.high is None or other.high is None else self.high + other.high)

    def __mul__(self, factor: Fraction | int) -> "Amount":
        if factor == 0:
            return ZERO
        return Amount(self.low * factor, None if self.high is None else self.high * factor)

    def times(self, other: "Amount") -> "Amount":
        """The product of two quantities that are not negative."""
        return Amount(self.low * other.low, None if self.high is None or other.high is None else self.high * other.high)

    def either(self, other: "Amount") -> "Amount":
        """The bounds when one of the two is true."""
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Amount(min(self.low, other.low), high)

    def perhaps(self) -> "Amount":
        """The bounds when it may not have been given at all."""
        return Amount(Fraction(0), self.high)


ZERO = Amount(Fraction(0), Fraction(0))
UNKNOWN = Amount(Fraction(0), None)


def exactly(value: Fraction | int) -> Amount:
    """A quantity without uncertainty."""
    return Amount(Fraction(value), Fraction(value))


def total(amounts: "list[Amount]") -> Amount:
    """The sum of many amounts."""
    result = ZERO
    for amount in amounts:
        result += amount
    return result
