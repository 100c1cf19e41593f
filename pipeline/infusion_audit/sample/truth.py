"""What an audit has to find in a session, from its plan: amounts, times and people as planned, in exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from infusion_audit.sample import clock
from infusion_audit.sample.clock import DAY, HOUR, MINUTE, instant
from infusion_audit.sample.draft import BOLUS_LIMIT, DEMAND_LIMITS, NOT_EVALUABLE, RATE_LIMITS, RATE_RULES, VIOLATION, Draft

OPTIONAL_RULES = frozenset((
    "KD-08", "KD-09", "KD-10", "KC-07", "KC-10", "KC-12", "KM-04", "KM-05", "KM-11", "KM-12", "KM-21", "KM-22", "KS-02",
    "KO-01", "KR-01", "KR-02",
))  # fmt: skip
"""The rules that are off in the shipped protocol: their verdicts stand in a file of their own."""
LEAST_MG, LEAST_SECONDS = 80, 120 * MINUTE
LONG_SERIES = 90 * DAY


def judge_plan(draft: Draft) -> None:
    """The violations of the rules on by default that follow from the plan itself; what is planted later adds its own."""
    low, high = RATE_LIMITS[draft.context]
    low_rule, high_rule = RATE_RULES[draft.context]
    kg = draft.kg
    if any(mg >= BOLUS_LIMIT * kg for mg in draft.bolus_mg()):
        draft.violated("KD-01")
    if any(rate > high * kg for _, _, rate in draft.maintenance()):
        draft.violated(high_rule)
    if any(0 < rate < low * kg and to - since >= 300 for since, to, rate in draft.maintenance()):
        draft.violated(low_rule)
    if any(one.delivered and not DEMAND_LIMITS[0] <= one.mg <= DEMAND_LIMITS[1] for one in draft.demands):
        draft.violated("KD-06")
    if draft.total_mg() > kg:
        draft.violated("KD-07")


def judge_optional(drafts: Sequence[Draft]) -> None:
    """The verdicts of the optional rules in all sessions of a patient; call it when nothing changes any more."""
    index = drafts[0]
    for number, draft in enumerate(drafts):
        index = draft if draft.visit.index else index
        _day_total(draft, drafts[:number])
        _judge_session(draft)
        _measured(draft, [at for one in drafts for at in one.scored_at], drafts[number + 1 : number + 2])
        if instant(draft.start) - instant(index.start) > LONG_SERIES and draft.patient.reviews != "kept":
            draft.truth["KS-02"] = VIOLATION if draft.patient.reviews == "missing" else NOT_EVALUABLE


def _day_total(draft: Draft, earlier: Sequence[Draft]) -> None:
    """The session's own total, and what the sessions of the 24 hours before its end gave."""
    if "KD-07" in draft.truth:
        draft.truth["KD-08"] = draft.truth["KD-07"]
    before = [one for one in earlier if instant(one.end) > instant(draft.end) - DAY]
    if before and draft.total_mg() + sum(one.total_mg() for one in before) > draft.kg:
        draft.violated("KD-08")


def _judge_session(draft: Draft) -> None:
    total = draft.total_mg()
    low, high = draft.total_bounds or (total, total)
    _at_least(draft, "KD-09", (low, high), LEAST_MG)
    _at_least(draft, "KD-10", draft.lasted or _lasted(draft), LEAST_SECONDS, strictly=True)
    if draft.steps and (draft.end_open or "ended_at" not in draft.encounter):
        draft.undecided("KM-21", "KM-22")
    _reconciled(draft, low, high)


def _at_least(draft: Draft, rule: str, bounds: tuple[Fraction | int, Fraction | int | None], least: int, *, strictly: bool = False) -> None:
    """A lower limit with an uncertain quantity; it is enough to reach it unless it must be exceeded."""
    low, high = bounds
    if low > least or (low == least and not strictly):
        return
    if high is not None and (high < least or (high == least and strictly)):
        draft.violated(rule)
    else:
        draft.undecided(rule)


def _lasted(draft: Draft) -> tuple[int, int]:
    """From the first delivery to the last; a PCA total proves a dose somewhere in its period, so it adds to the upper bound only."""
    points = [(push.at, push.at) for push in draft.pushes] + [(since, to) for since, to, rate in draft.pieces() if rate]
    periods: list[tuple[int, int]] = []
    given = [one.at for one in draft.demands if one.delivered]
    if draft.pca_period:
        periods = [(0, draft.pca_period)]
    elif draft.pca_style == "hourly":
        periods = [(at // HOUR * HOUR, (at // HOUR + 1) * HOUR) for at in given]
    else:
        points += [(at, at) for at in given]
    first = min([since for since, _ in points] + [to for _, to in periods])
    last = max([to for _, to in points] + [since for since, _ in periods])
    return max(last - first, 0), max(to for _, to in points + periods) - min(since for since, _ in points + periods)


def _measured(draft: Draft, scored_at: Sequence[int], following: Sequence[Draft]) -> None:
    """A pain score in the day before the start, and one from 48 hours to 14 days after the end that is not after the next start.

    Whatever the visit at which it was asked: the score before the next session may be this one's follow-up.
    """
    start, end, last_end = instant(draft.start), instant(draft.end), instant(draft.last_possible_end or draft.end)
    until = min([end + 14 * DAY] + [instant(one.start) for one in following])
    asked = [instant(at) for at in scored_at]
    before, after = any(start - DAY <= at <= start for at in asked), any(last_end + 2 * DAY <= at <= until for at in asked)
    if draft.end_open or not (before and after):
        draft.undecided("KO-01")


def _reconciled(draft: Draft, low: Fraction, high: Fraction | None) -> None:
    """What was dispensed against what was given, wasted and returned; the tolerance is 1 mg, or 2 % of what was dispensed."""
    left = draft.dispensed_mg - draft.removed_mg
    tolerated = max(Fraction(1), draft.dispensed_mg / 50)
    if draft.end_open or draft.lost_stock or (draft.last_possible_end or draft.end) + DAY > clock.EXTRACTED_AT:
        draft.undecided("KR-01", "KR-02")
    elif (high is not None and left - high > tolerated and not draft.stock_unknown) or left - low < -tolerated:
        draft.violated("KR-01")
    elif high is None or draft.stock_unknown or left - low > tolerated or left - high < -tolerated:
        draft.undecided("KR-01")


__all__ = ["NOT_EVALUABLE", "OPTIONAL_RULES", "VIOLATION", "judge_optional", "judge_plan"]
