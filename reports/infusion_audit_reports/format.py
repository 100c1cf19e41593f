"""How numbers, limits and times are printed, so that the print never tells another story than the verdict."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from infusion_audit_reports.statistics import Interval

Number = float | int | Decimal
NOTHING = "\N{EN DASH}"
COMPARATORS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
_DOSE_DECIMALS = 3


def count(value: int | None) -> str:
    """A whole number with its thousands set apart."""
    return NOTHING if value is None else f"{value:,}"


def plural(value: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def percent(share: float | None) -> str:
    """A share in percent with one decimal; never a round 0 or 100 that is not exactly that."""
    if share is None:
        return NOTHING
    text = f"{share * 100:.1f}"
    if text == "100.0":
        return "100\u00a0%" if share == 1 else ">\u00a099.9\u00a0%"
    if text == "0.0":
        return "0\u00a0%" if share == 0 else "<\u00a00.1\u00a0%"
    return f"{text}\u00a0%"


def interval(found: Interval | None) -> str:
    """``62.1 to 70.4 %``."""
    return NOTHING if found is None else f"{found.low * 100:.1f} to {found.high * 100:.1f}\u00a0%"


def plain(value: Number | None) -> str:
    """An exact number without needless zeros: a limit, a setting, a weight."""
    if value is None:
        return NOTHING
    text = format(Decimal(str(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(value: Number) -> str:
    """Three significant digits: a median, a what-if; never a number that a verdict is read from."""
    return plain(float(f"{float(value):.3g}"))


def allowed(limit_low: Number | None, limit_high: Number | None, comparator: str | None, unit: str | None) -> str:
    """What the protocol allows: ``< 0.35 mg/kg``, ``1 to 5 mg``; nothing for a statement without a number."""
    if limit_low is not None and limit_high is not None:
        text = f"{plain(limit_low)} to {plain(limit_high)}"
    elif limit_low is not None or limit_high is not None:
        sign = COMPARATORS.get(comparator or "", "≤" if limit_low is None else "≥")
        text = f"{sign} {plain(limit_high if limit_low is None else limit_low)}"
    else:
        return ""
    return f"{text} {unit}" if unit else text


def statement(text: str) -> str:
    """A protocol statement with the signs that people write."""
    return text.replace("<=", COMPARATORS["le"]).replace(">=", COMPARATORS["ge"])


def holds(value: Decimal, limit_low: Number | None, limit_high: Number | None, comparator: str | None) -> bool:
    """Whether a number meets a limit, by exact decimals."""
    low = None if limit_low is None else Decimal(str(limit_low))
    high = None if limit_high is None else Decimal(str(limit_high))
    above = low is None or (value > low if comparator == "gt" else value >= low)
    below = high is None or (value < high if comparator == "lt" else value <= high)
    return above and below


def measured(row: dict[str, Any]) -> str:
    """What was observed in a finding, with its unit, its bounds where it is uncertain, and as many decimals as the verdict needs."""
    unit = row["unit"]
    value, low, high = row["observed"], row["observed_low"], row["observed_high"]
    if value is not None and not (low is not None and high is None):
        text = _number(value, row)
    elif low is not None and high is not None:
        text = f"{_number(low, row)} to {_number(high, row)}"
    elif low is not None:
        text = f"at least {_number(low, row)}"
    elif high is not None:
        text = f"at most {_number(high, row)}"
    else:
        return "nothing charted" if row["comparator"] else NOTHING
    return f"{text} {unit}" if unit else text


def _number(value: Number, row: dict[str, Any]) -> str:
    """Three decimals; more where the rounded number, held against the limit, would read as another verdict."""
    limits = (row["limit_low"], row["limit_high"], row["comparator"])
    exact = Decimal(str(value))
    meets = holds(exact, *limits)
    text = next((t for t in (f"{exact:.{n}f}" for n in range(_DOSE_DECIMALS, 16)) if holds(Decimal(t), *limits) == meets), str(exact))
    return text if (row["unit"] or "").startswith("mg") or "." not in text else text.rstrip("0").rstrip(".")


def distance(excess: float | None) -> str:
    """How far outside its limit a value lies, in words a reader can rank by."""
    if excess is None:
        return ""
    if excess == 0:
        return "at the limit"
    if excess >= 1:
        return f"{excess + 1:.1f} times the limit"
    return f"{excess * 100:.1f}\u00a0% outside" if excess >= 0.0005 else "under 0.1\u00a0% outside"


def moment(value: datetime | None) -> str:
    """A local time to the minute."""
    return NOTHING if value is None else value.strftime("%Y-%m-%d %H:%M")


def measured_min(minutes: Number, most: Number | None = None) -> str:
    """A number of minutes, to a tenth; to more where the rounded number would not read as above what is allowed."""
    decimals = 1
    while most is not None and decimals < 6 and minutes > most >= round(minutes, decimals):
        decimals += 1
    return f"{plain(round(minutes, decimals))} min"


def month(value: date) -> str:
    """``2026-03``."""
    return value.strftime("%Y-%m")
