"""Planted deviations from what only a site's own policy asks for: rules that are off in the shipped protocol."""

from __future__ import annotations

from infusion_audit.sample import clock
from infusion_audit.sample.clinic import SEDATION_SCALES
from infusion_audit.sample.clock import DAY, HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.observing import RESPIRATORY, SEDATION, SEDATION_VALUES
from infusion_audit.sample.planted import NO_PCA, Change, Fault, edits, first_visit, last_visit

# -------- baseline and recovery


def _without(draft: Draft, kinds: frozenset[str], since: int, until: int, *rules: str) -> None:
    draft.drop_observations(kinds, since, until)
    if draft.steps:
        draft.violated(*rules)


def _no_baseline(draft: Draft, _: Dice) -> None:
    _without(draft, SEDATION | RESPIRATORY, draft.start - DAY, draft.start, "KM-11", "KM-12")


def _baseline_at(seconds: int) -> Change:
    """The only assessment before the start, so many seconds before it."""

    def edit(draft: Draft, _: Dice) -> None:
        scale, at = SEDATION_SCALES[draft.patient.department], draft.start - seconds
        broken = ("KM-11", "KM-12") if seconds > 30 * MINUTE else ()
        _without(draft, SEDATION | RESPIRATORY, draft.start - DAY, draft.start, *broken)
        draft.observe(scale, SEDATION_VALUES[scale][0], at)
        draft.observe("respiratory_rate", "14", at, "/min")

    return edit


def _no_recovery(draft: Draft, _: Dice) -> None:
    _without(draft, SEDATION | RESPIRATORY, draft.end + 1, draft.end + DAY, "KM-21", "KM-22")


def _recovery_gap(kinds: frozenset[str], rule: str) -> Change:
    """The first set after the end is missing, which leaves a gap of almost half an hour."""

    def edit(draft: Draft, _: Dice) -> None:
        _without(draft, kinds, draft.end + 1, draft.end + 15 * MINUTE, rule)

    return edit


def _discharged_after(minutes: int) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        draft.encounter["ended_at"] = draft.end + minutes * MINUTE
        if minutes < 30:
            draft.violated("KM-21", "KM-22")

    return edit


def _never_discharged(draft: Draft, _: Dice) -> None:
    draft.encounter.pop("ended_at", None)


# -------- outcome


def _no_follow_up(draft: Draft, _: Dice) -> None:
    draft.forget_pain(draft.end + DAY, draft.end + 400 * DAY)


def _follow_up_at(seconds: int) -> Change:
    """The only score after the day, so many seconds after the end."""

    def edit(draft: Draft, dice: Dice) -> None:
        _no_follow_up(draft, dice)
        draft.score_pain(3, clock.later(draft.end, seconds))

    return edit


def _no_score_before(draft: Draft, _: Dice) -> None:
    draft.forget_pain(draft.start - DAY, draft.start)


def _over_and_last(draft: Draft) -> bool:
    return last_visit(draft) and draft.start + 17 * DAY < clock.EXTRACTED_AT


POLICY_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("recovery_sedation_gap", "one sedation assessment missed after the end", "KM-21", _recovery_gap(SEDATION, "KM-21")),
        ("recovery_respiratory_gap", "one respiratory assessment missed after the end", "KM-22", _recovery_gap(RESPIRATORY, "KM-22")),
        ("no_recovery", "no sedation or respiratory assessment after the end", "KM-21, KM-22", _no_recovery),
        ("discharged_early", "discharged 20 minutes after the end", "KM-21, KM-22", _discharged_after(20)),
        ("never_discharged", "no discharge charted", "KM-21, KM-22", _never_discharged),
        ("no_baseline", "no sedation or respiratory assessment before the start", "KM-11, KM-12", _no_baseline),
        ("baseline_too_old", "the last assessment 31 minutes before the start", "KM-11, KM-12", _baseline_at(31 * MINUTE)),
        pathways=NO_PCA,
    ),
    *edits(("no_follow_up", "no pain score after the day", "KO-01", _no_follow_up), plain=False, suits=last_visit),
    *edits(("no_score_before", "no pain score before the start", "KO-01", _no_score_before), plain=False, suits=first_visit),
    *edits(
        ("follow_up_too_early", "the only later pain score 47 hours after the end", "KO-01", _follow_up_at(47 * HOUR)),
        suits=_over_and_last,
    ),
)  # fmt: skip

POLICY_DECOYS: tuple[Fault, ...] = (
    *edits(
        ("baseline_at_limit", "the last assessment exactly 30 minutes before the start", "", _baseline_at(30 * MINUTE)),
        ("discharged_in_time", "discharged exactly 30 minutes after the end", "", _discharged_after(30)),
        pathways=NO_PCA,
    ),
    *edits(
        ("follow_up_at_two_weeks", "the only later pain score exactly 14 days after the end", "", _follow_up_at(14 * DAY)),
        suits=_over_and_last,
    ),
)  # fmt: skip
