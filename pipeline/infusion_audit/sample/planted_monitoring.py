"""Planted deviations in monitoring."""

from __future__ import annotations

from infusion_audit.sample.clock import DAY, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.observing import PSYCHO, RESPIRATORY, SEDATION
from infusion_audit.sample.planted import NO_PCA, Change, Fault, edits


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


def _never(kinds: frozenset[str], *rules: str) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        draft.drop_observations(kinds, 0, draft.end + DAY)
        draft.violated(*rules)

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


MONITORING_FAULTS: tuple[Fault, ...] = edits(
    ("sedation_gap", "one sedation assessment missed", "KM-01", _unplug(SEDATION, "KM-01")),
    ("respiratory_gap", "one respiratory assessment missed", "KM-02", _unplug(RESPIRATORY, "KM-02")),
    ("both_gaps", "one whole set missed", "KM-01, KM-02", _unplug_both),
    ("sedation_never", "no sedation assessment at all", "KM-01, KM-11, KM-21", _never(SEDATION, "KM-01", "KM-11", "KM-21")),
    ("sedation_second_late", "sedation 20 minutes and one second after the start", "KM-01", _sedation_every(1201)),
    ("sedation_value_invalid", "a sedation value outside its scale", "KM-01", _invalid_sedation),
    ("psycho_never", "no psycho-perceptual observation", "KM-03", _never(PSYCHO, "KM-03")),
    ("psycho_too_late", "the only psycho-perceptual observation 61 minutes after the end", "KM-03", _psycho_too_late),
    pathways=NO_PCA,
)

MONITORING_DECOYS: tuple[Fault, ...] = edits(
    ("sedation_every_20_minutes", "sedation every 20 minutes to the second", "", _sedation_every(1200)),
    pathways=NO_PCA,
)
