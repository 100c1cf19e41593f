"""Planted deviations in monitoring, and in the paperwork that only optional rules look at."""

from __future__ import annotations

from infusion_audit.sample.clock import DAY, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.observing import PSYCHO, RESPIRATORY, SEDATION
from infusion_audit.sample.planted import NO_PCA, Change, Fault, edits, plans


def _unplug(kinds: frozenset[str], rule: str) -> Change:
    """One set in the first half is missing, which leaves a gap of about half an hour."""

    def edit(draft: Draft, dice: Dice) -> None:
        at = draft.grid[dice.whole(0, max(0, len(draft.grid) // 2 - 1))]
        draft.drop_observations(kinds, at, at)
        draft.violated(rule)

    return edit


def _unplug_both(draft: Draft, dice: Dice) -> None:
    _unplug(SEDATION | RESPIRATORY, "KM-01")(draft, dice)
    draft.violated("KM-02")


def _never(kinds: frozenset[str], rule: str) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        draft.drop_observations(kinds, 0, draft.end + DAY)
        draft.violated(rule)

    return edit


def _invalid_sedation(draft: Draft, _: Dice) -> None:
    """A value outside the scale is no assessment."""
    for row in draft.observations:
        if row[0] in SEDATION and row[6] == draft.grid[0]:
            row[1] = "9"
    draft.violated("KM-01")


def _sedation_every(first: int) -> Change:
    """Sedation every twenty minutes to the second, the first one after `first` seconds."""

    def edit(draft: Draft, _: Dice) -> None:
        draft.drop_observations(SEDATION, draft.start, draft.end)
        for at in range(draft.start + first, draft.end, 20 * MINUTE):
            draft.observe("rass", "-1", at)
        if first > 20 * MINUTE:
            draft.violated("KM-01")

    return edit


def _psycho_too_late(draft: Draft, _: Dice) -> None:
    draft.drop_observations(PSYCHO, 0, draft.end + DAY)
    draft.observe("psychomimetic", "none", draft.end + 61 * MINUTE)
    draft.violated("KM-03")


# -------- rules that are off in the shipped protocol


def _stock(kind: str) -> Change:
    def plan(draft: Draft, _: Dice) -> None:
        draft.stock_fault = kind

    return plan


def _no_baseline(draft: Draft, _: Dice) -> None:
    draft.drop_observations(SEDATION | RESPIRATORY, draft.start - DAY, draft.start)


def _no_recovery(draft: Draft, _: Dice) -> None:
    draft.drop_observations(SEDATION | RESPIRATORY, draft.end + 1, draft.end + DAY)


def _desaturation_ignored(draft: Draft, _: Dice) -> None:
    for row in draft.observations:
        if row[0] == "spo2" and row[6] == draft.grid[len(draft.grid) // 2]:
            row[1] = "84"
    draft.rows["intervention"] = [row for row in draft.rows.get("intervention", []) if row["kind"] != "oxygen"]
    draft.drop_observations(("spo2",), draft.grid[len(draft.grid) // 2] + 1, draft.grid[len(draft.grid) // 2] + 6 * MINUTE)


def _no_follow_up(draft: Draft, _: Dice) -> None:
    draft.drop_observations(("pain_nrs",), draft.end + DAY, draft.end + 400 * DAY)


MONITORING_FAULTS: tuple[Fault, ...] = edits(
    ("sedation_gap", "one sedation assessment missed", "KM-01", _unplug(SEDATION, "KM-01")),
    ("respiratory_gap", "one respiratory assessment missed", "KM-02", _unplug(RESPIRATORY, "KM-02")),
    ("both_gaps", "one whole set missed", "KM-01, KM-02", _unplug_both),
    ("sedation_never", "no sedation assessment at all", "KM-01", _never(SEDATION, "KM-01")),
    ("sedation_second_late", "sedation 20 minutes and one second after the start", "KM-01", _sedation_every(1201)),
    ("sedation_value_invalid", "a sedation value outside its scale", "KM-01", _invalid_sedation),
    ("psycho_never", "no psycho-perceptual observation", "KM-03", _never(PSYCHO, "KM-03")),
    ("psycho_too_late", "the only psycho-perceptual observation 61 minutes after the end", "KM-03", _psycho_too_late),
    pathways=NO_PCA,
)

OPTIONAL_FAULTS: tuple[Fault, ...] = (
    *plans(
        ("waste_unwitnessed", "waste without a witness", "KR-02", _stock("unwitnessed")),
        ("waste_unaccounted", "the rest of the vial never wasted", "KR-01", _stock("unaccounted")),
        optional=True,
    ),
    *edits(
        ("no_recovery", "no sedation or respiratory assessment after the end", "KM-21, KM-22", _no_recovery),
        ("desaturation_ignored", "a saturation of 84 % without an action", "KM-05", _desaturation_ignored),
        pathways=NO_PCA, optional=True,
    ),
    *edits(
        ("no_baseline", "no sedation or respiratory assessment before the start", "KM-11, KM-12", _no_baseline),
        ("no_follow_up", "no pain score after the day", "KO-01", _no_follow_up),
        plain=False, optional=True,
    ),
)  # fmt: skip

MONITORING_DECOYS: tuple[Fault, ...] = edits(
    ("sedation_every_20_minutes", "sedation every 20 minutes to the second", "", _sedation_every(1200)),
    pathways=NO_PCA,
)
