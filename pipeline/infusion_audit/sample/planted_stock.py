"""Planted deviations in the controlled-drug account (rules that are off in the shipped protocol)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from infusion_audit.sample.clock import HOUR
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, exact
from infusion_audit.sample.planted import Change, Fault, Named, edits, only_visit
from infusion_audit.sample.stock import VIAL_MG, moves

Spoil = Callable[[Draft], None]


def _stock(spoil: Spoil) -> Change:
    """Spoil the account once it is written, which is when everything else is planted."""

    def edit(draft: Draft, _: Dice) -> None:
        draft.spoil_stock = spoil

    return edit


def _waste_people(**people: str) -> Spoil:
    def spoil(draft: Draft) -> None:
        for row in moves(draft, "waste"):
            row |= people
        if people.get("user_id") == "":
            draft.undecided("KR-02")
        else:
            draft.violated("KR-02")

    return spoil


def _self_witnessed(draft: Draft) -> None:
    for row in moves(draft, "waste"):
        row["witness_id"] = row["user_id"]
    draft.violated("KR-02")


def _unaccounted(draft: Draft) -> None:
    (waste,) = moves(draft, "waste")
    draft.removed_mg -= Fraction(str(waste["amount"]))
    draft.rows["stock"].remove(waste)


def _not_dispensed(draft: Draft) -> None:
    """A vial that nobody signed out."""
    draft.rows["stock"].remove(moves(draft, "dispense")[0])
    draft.dispensed_mg -= VIAL_MG


def _waste_in_ml(draft: Draft) -> None:
    """A volume has no amount without the strength of the vial."""
    (waste,) = moves(draft, "waste")
    draft.removed_mg -= Fraction(str(waste["amount"]))
    draft.stock_unknown = True
    waste |= {"amount": exact(Fraction(str(waste["amount"])) / 10), "unit": "mL"}


def _row_lost(draft: Draft) -> None:
    """One more row whose time cannot be read: nobody knows what it would have added."""
    draft.record("stock", container_id=f"V{draft.key}X", action="waste", amount="5", unit="mg", occurred_at="at noon")
    draft.lost_stock = True


def _wasted_less(tenths: int) -> Spoil:
    """So many tenths of a milligram are missing from the waste."""

    def spoil(draft: Draft) -> None:
        (waste,) = moves(draft, "waste")
        waste["amount"] = exact(Fraction(str(waste["amount"])) - Fraction(tenths, 10))
        draft.removed_mg -= Fraction(tenths, 10)

    return spoil


def _wasted_late(draft: Draft) -> None:
    """Wasted, and witnessed, fifteen hours after the end."""
    for row in moves(draft, "waste"):
        row["occurred_at"] = draft.end + 15 * HOUR


def _oral(draft: Draft, _: Dice) -> None:
    """Ketamine by mouth is not judged, but it came out of the same safe: how much of it did is unknown."""
    draft.chart("bolus", 480, line_id="", order_id="", route="po", dose="100", dose_unit="mg")
    draft.undecided("KR-01")


def _stocks(*rows: tuple[str, str, str, Spoil]) -> tuple[Named, ...]:
    return tuple((name, about, rules, _stock(spoil)) for name, about, rules, spoil in rows)


STOCK_FAULTS: tuple[Fault, ...] = (
    *edits(
        *_stocks(
            ("waste_unwitnessed", "waste without a witness", "KR-02", _waste_people(witness_id="")),
            ("waste_self_witnessed", "waste witnessed by the one who wasted", "KR-02", _self_witnessed),
            ("waste_by_nobody", "waste with a witness and no user", "KR-02", _waste_people(user_id="")),
            ("waste_unaccounted", "the rest of the vial never wasted", "KR-01", _unaccounted),
            ("vial_not_dispensed", "one vial never signed out", "KR-01", _not_dispensed),
            ("waste_in_ml", "waste in mL", "KR-01", _waste_in_ml),
        ),
    ),
    *edits(*_stocks(("stock_row_lost", "one more waste whose time cannot be read", "KR-01, KR-02", _row_lost)), suits=only_visit),
    *edits(("oral_ketamine", "ketamine by mouth during the session", "KR-01", _oral)),
)  # fmt: skip

STOCK_DECOYS: tuple[Fault, ...] = (
    *edits(*_stocks(("waste_nearly_right", "0.8 mg missing from the waste", "", _wasted_less(8)))),
    *edits(*_stocks(("wasted_next_day", "waste fifteen hours after the end", "", _wasted_late)), suits=only_visit),
)
