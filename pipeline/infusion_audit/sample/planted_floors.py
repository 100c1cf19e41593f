"""Sessions beside the floors of total and duration (rules that are off in the shipped protocol); most sessions are far below both."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, Push
from infusion_audit.sample.planted import DAY_CLINIC, WARD, Change, Fault, plans
from infusion_audit.sample.planted_doses import milligrams
from infusion_audit.sample.regimen import infuse


def _heavy(draft: Draft) -> bool:
    """80 mg in an hour is inside the limits per kg."""
    return draft.kg >= 85


def _milligrams_in_an_hour(mg: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = []
        infuse(draft, Fraction(mg), 60)

    return change


def _minutes(minutes: int) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = [Push(0, milligrams(draft, 0.15))]
        infuse(draft, milligrams(draft, 0.09, 10), minutes)

    return change


FLOOR_FAULTS: tuple[Fault, ...] = (
    *plans(("total_below_floor", "a total of 79.9 mg", "KD-09", _milligrams_in_an_hour("79.9")), pathways=DAY_CLINIC, suits=_heavy),
    *plans(("two_hours", "exactly 120 minutes, of which there must be more", "KD-10", _minutes(120)), pathways=WARD),
)

FLOOR_DECOYS: tuple[Fault, ...] = (
    *plans(("total_at_floor", "a total of exactly 80 mg", "", _milligrams_in_an_hour("80")), pathways=DAY_CLINIC, suits=_heavy),
    *plans(("two_hours_and_a_minute", "121 minutes", "", _minutes(121)), pathways=WARD),
)
