"""Planted abnormal values, and what was done about them (rules that are off in the shipped protocol).

They lie in the first set, a quarter of an hour after the start, so that the infusion runs on for longer than an answer may take.
"""

from __future__ import annotations

from infusion_audit.sample.clinic import SEDATION_SCALES
from infusion_audit.sample.clock import MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.planted import NO_PCA, Fault, edits, only_visit

DEEP = {"rass": "-4", "moaas": "1", "poss": "4", "ramsay": "6", "aldrete_consciousness": "0"}
"""A value of each scale that calls for action."""


def _deep_sedation(draft: Draft) -> int:
    kind, at = SEDATION_SCALES[draft.patient.department], draft.grid[0]
    for row in draft.observations:
        if row[0] == kind and row[6] == at:
            row[1] = DEEP[kind]
    return at


def _desaturation(draft: Draft) -> int:
    for row in draft.observations:
        if row[0] == "spo2" and row[6] == draft.grid[0]:
            row[1] = "82"
    return draft.grid[0]


def _ignored(draft: Draft, rule: str, *, lost: bool = False) -> None:
    """Nothing was done; with `lost` something was, at a time that nobody can read."""
    draft.rows["intervention"] = [row for row in draft.rows.get("intervention", []) if row["kind"] == "response_review"]
    if lost:
        draft.record("intervention", kind="escalation", performed_at="soon after")
        draft.undecided(rule)
    else:
        draft.violated(rule)


def _sedation_ignored(draft: Draft, _: Dice) -> None:
    _deep_sedation(draft)
    _ignored(draft, "KM-04")


def _sedation_action_lost(draft: Draft, _: Dice) -> None:
    _deep_sedation(draft)
    _ignored(draft, "KM-04", lost=True)


def _desaturation_ignored(draft: Draft, _: Dice) -> None:
    _desaturation(draft)
    _ignored(draft, "KM-05")


def _desaturation_action_lost(draft: Draft, _: Dice) -> None:
    _desaturation(draft)
    _ignored(draft, "KM-05", lost=True)


def _sedation_late(draft: Draft, _: Dice) -> None:
    at = _deep_sedation(draft)
    _ignored(draft, "KM-04")
    draft.record("intervention", kind="rescue_drug", performed_at=at + 10 * MINUTE + 1)


def _desaturation_late(draft: Draft, _: Dice) -> None:
    at = _desaturation(draft)
    _ignored(draft, "KM-05")
    draft.record("intervention", kind="oxygen", performed_at=at + 25 * MINUTE)


def _sedation_acted_on(draft: Draft, _: Dice) -> None:
    draft.record("intervention", kind="escalation", performed_at=_deep_sedation(draft) + 10 * MINUTE)


def _desaturation_transient(draft: Draft, _: Dice) -> None:
    draft.observe("spo2", "97", _desaturation(draft) + 5 * MINUTE, "%")


def _desaturation_at_home(draft: Draft, _: Dice) -> None:
    """After recovery nobody is asked for anything."""
    draft.observe("spo2", "82", draft.end + 31 * MINUTE, "%")


ACTION_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("deep_sedation_ignored", "a deep sedation score without an action", "KM-04", _sedation_ignored),
        ("deep_sedation_late", "a deep sedation score acted on ten minutes and one second later", "KM-04", _sedation_late),
        ("desaturation_ignored", "a saturation of 82 % without an action", "KM-05", _desaturation_ignored),
        ("desaturation_late", "a saturation of 82 % acted on after 25 minutes", "KM-05", _desaturation_late),
        pathways=NO_PCA,
    ),
    *edits(
        ("deep_sedation_action_lost", "a deep sedation score, and an action whose time cannot be read", "KM-04", _sedation_action_lost),
        ("desaturation_action_lost", "a saturation of 82 %, and an action whose time cannot be read", "KM-05", _desaturation_action_lost),
        pathways=NO_PCA, suits=only_visit,
    ),
)  # fmt: skip

ACTION_DECOYS: tuple[Fault, ...] = edits(
    ("deep_sedation_acted_on", "a deep sedation score acted on exactly ten minutes later", "", _sedation_acted_on),
    ("desaturation_transient", "a saturation of 82 %, and 97 % exactly five minutes later", "", _desaturation_transient),
    ("desaturation_after_recovery", "a saturation of 82 % 31 minutes after the end", "", _desaturation_at_home),
    pathways=NO_PCA,
)
