"""Planted trouble with the weight by which doses are judged."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample.clock import DAY, HOUR
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import RATE_LIMITS, RATE_RULES, Draft, exact
from infusion_audit.sample.observing import POUND, WEIGHTS
from infusion_audit.sample.planted import CHRONIC, NO_PCA, Change, Fault, edits, first_visit


def forget_dosing_weight(draft: Draft) -> None:
    del draft.order["dosing_weight"], draft.order["dosing_weight_unit"]


def _has_infusion(draft: Draft) -> bool:
    """The plain regimen of this session has an infusion: all but the demand-only pumps of chronic patients."""
    return draft.patient.pathway == CHRONIC or draft.context == "postsurgical"


def _no_weight(draft: Draft, _: Dice) -> None:
    forget_dosing_weight(draft)
    draft.drop_observations(WEIGHTS, 0, draft.end + 10 * DAY)
    draft.undecided(*draft.per_kg_rules)


def _old_weight(draft: Draft, dice: Dice) -> None:
    _no_weight(draft, dice)
    draft.observe("weight", exact(draft.kg), draft.start - dice.whole(45, 200) * DAY, "kg", "measured")


def _spoil_weight(**cells: str) -> Change:
    """The dosing weight comes first; when it is unusable no other weight stands in."""

    def edit(draft: Draft, _: Dice) -> None:
        draft.order |= cells
        draft.undecided(*draft.per_kg_rules)

    return edit


def _decimal_slip(draft: Draft, _: Dice) -> None:
    draft.order["dosing_weight"] = exact(draft.kg * 10)
    draft.undecided(*draft.per_kg_rules)


def _pounds_as_kg(draft: Draft, _: Dice) -> None:
    """The dosing weight is the number of pounds: as low and as high as the two weights, only a lower limit falls between."""
    heavy = Fraction(round(draft.kg / POUND * 10), 10)
    draft.order["dosing_weight"] = exact(heavy)
    low_rule = RATE_RULES[draft.context][0]
    if draft.maintenance() and min(rate for _, _, rate in draft.maintenance()) < RATE_LIMITS[draft.context][0] * heavy:
        draft.undecided(low_rule)


def _earlier_weight(draft: Draft, _: Dice) -> None:
    """No weight at this visit; one of twelve days ago, from another visit, is recent enough."""
    forget_dosing_weight(draft)
    draft.drop_observations(WEIGHTS, 0, draft.end + DAY)
    draft.observe("weight", exact(draft.kg), draft.start - 12 * DAY, "kg", "measured")


def _later_weight(draft: Draft, _: Dice) -> None:
    """The only weight was measured two hours after the start."""
    forget_dosing_weight(draft)
    draft.drop_observations(WEIGHTS, 0, draft.end + DAY)
    draft.observe("weight", exact(draft.kg), draft.start + 2 * HOUR, "kg", "measured")


_PER_KG = "KD-01 to KD-05, KD-07"

WEIGHT_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("weight_missing", "no weight at all", _PER_KG, _no_weight),
        ("weight_too_old", "the only weight is more than 30 days old", _PER_KG, _old_weight),
        suits=first_visit,
    ),
    *edits(
        ("weight_without_unit", "a dosing weight without a unit", _PER_KG, _spoil_weight(dosing_weight_unit="")),
        ("weight_unit_unknown", "a dosing weight in stone (also a dirty cell)", _PER_KG, _spoil_weight(dosing_weight_unit="stone")),
        ("weight_decimal_slip", "a dosing weight ten times too high", _PER_KG, _decimal_slip),
    ),
    *edits(
        ("weight_pounds_as_kg", "pounds charted as kg beside a measured weight in kg", "KD-03 or KD-05", _pounds_as_kg),
        suits=_has_infusion,
    ),
)

WEIGHT_DECOYS: tuple[Fault, ...] = (
    *edits(
        ("weight_of_another_visit", "the only weight is twelve days old, from another visit", "", _earlier_weight),
        suits=first_visit,
    ),
    *edits(
        ("weight_after_start", "the only weight was measured two hours after the start", "", _later_weight),
        suits=first_visit, pathways=NO_PCA,
    ),
)  # fmt: skip
