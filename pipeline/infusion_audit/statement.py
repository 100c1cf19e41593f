"""A dosing statement in words, such as "1-2 mcg/kg/min", read into exact numbers: what it says, and what it says in another unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_MASS = {"g": Fraction(1000), "mg": Fraction(1), "mcg": Fraction(1, 1000), "ng": Fraction(1, 1_000_000)}  # in mg
_PER_TIME = {"h": Fraction(1), "hr": Fraction(1), "hour": Fraction(1), "min": Fraction(60), "minute": Fraction(60)}  # in 1/h
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = rf"(?P<mass>{'|'.join(sorted(_MASS, key=len, reverse=True))})(?P<kg>/kg)?(?:/(?P<time>{'|'.join(_PER_TIME)})\b)?(?![\w/])"
_STATEMENT = re.compile(rf"(?<![\d.])(?P<low>{_NUMBER})(?:\s*(?:-|to)\s*(?P<high>{_NUMBER}))?\s*{_UNIT}", re.IGNORECASE)

# How a text compares, most telling first; a range compares by its ends.
_WORDS = {
    "le": (r"<=|≤", r"\bnot\s+exceed", r"\bat most\b", r"\bup to\b", r"\bno more than\b", r"\bmaximum\b"),
    "ge": (r">=|≥", r"\bat least\b", r"\bno less than\b", r"\bminimum\b"),
    "lt": (r"<(?!=)", r"\bless than\b", r"\bbelow\b", r"\bunder\b"),
    "gt": (r">(?!=)", r"(?<!no )\bmore than\b", r"\babove\b", r"\bover\b"),
}


@dataclass(frozen=True)
class Statement:
    """One amount or rate, or the two ends of a range of them."""

    low: Fraction
    high: Fraction
    mass: str
    per_kg: bool
    per_time: str | None

    @property
    def dimension(self) -> tuple[bool, bool]:
        """Only statements of one dimension can be compared."""
        return self.per_kg, self.per_time is not None

    @property
    def factor(self) -> Fraction:
        """What turns its numbers into mg, mg/kg, mg/h or mg/kg/h."""
        return _MASS[self.mass] * (_PER_TIME[self.per_time] if self.per_time else 1)


def plain_micro(text: str) -> str:
    """The text with every way to write micro before g as mc: both micro signs, and u."""
    return re.sub(r"[µμ]g|(?<![a-zA-Z])ug\b", "mcg", text)


def statements(text: str) -> Iterator[Statement]:
    """Every amount or rate that a text states."""
    for found in _STATEMENT.finditer(plain_micro(text)):
        low = Fraction(found["low"])
        time = found["time"]
        yield Statement(low, Fraction(found["high"] or low), found["mass"].lower(), bool(found["kg"]), time.lower() if time else None)


def numbers(text: str) -> set[Fraction]:
    """The numbers of a text, without sign: the dash of a range is none."""
    return {Fraction(each) for each in re.findall(_NUMBER, text)}


def ends(text: str) -> list[tuple[Fraction, Fraction]]:
    """The ranges of a text."""
    return [(Fraction(a), Fraction(b)) for a, b in re.findall(rf"(?<![\d.])({_NUMBER})\s*(?:-|\bto\b)\s*({_NUMBER})", text)]


def comparators(text: str) -> set[str]:
    """The comparators that a text uses, as codes; those of its ranges are not among them."""
    found = {code for code, words in _WORDS.items() if any(re.search(word, text, re.IGNORECASE) for word in words)}
    return found - {"gt"} if re.search(r"\bno more than\b", text, re.IGNORECASE) else found
