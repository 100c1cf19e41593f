"""The controlled-drug account of a session: whole vials out of the safe, what was not given wasted before a witness."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample.clock import MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, exact
from infusion_audit.sample.tables import Row

VIAL_MG = 50
ENOUGH_TO_MISS = 5
"""A planted fault in the waste needs so many mg of it, which is more than the tolerance."""


def account(draft: Draft, dice: Dice) -> None:
    """Dispense, waste and return; an unopened vial goes back."""
    total = draft.total_mg()
    vials = int(total / VIAL_MG) + 1
    if draft.spoil_stock and VIAL_MG * vials - total < ENOUGH_TO_MISS:
        vials += 1
    nurse = dice.whole(11, 48)
    user, witness = f"RN-{nurse}", f"RN-{nurse + 1}"
    before, after = draft.start - dice.whole(15, 30) * MINUTE, draft.end + dice.whole(5, 25) * MINUTE
    returned = dice.chance(0.1)
    for number in range(vials + returned):
        _vial(draft, number, "dispense", Fraction(VIAL_MG), before, user_id=user)
    wasted = Fraction(round((VIAL_MG * vials - total) * 10), 10)
    if wasted:
        _vial(draft, vials - 1, "waste", wasted, after, user_id=user, witness_id=witness)
    if returned:
        _vial(draft, vials, "return", Fraction(VIAL_MG), after, user_id=user, witness_id=witness)
    draft.dispensed_mg = Fraction(VIAL_MG * (vials + returned))
    draft.removed_mg = wasted + VIAL_MG * returned
    if draft.spoil_stock:
        draft.spoil_stock(draft)


def moves(draft: Draft, action: str) -> list[Row]:
    return [row for row in draft.rows["stock"] if row["action"] == action]


def _vial(draft: Draft, number: int, action: str, mg: Fraction, at: int, **people: str) -> None:
    draft.record("stock", container_id=f"V{draft.key}{number}", action=action, amount=exact(mg), unit="mg", occurred_at=at, **people)
