"""Planted trouble in how infusions are charted: what ran is compliant, what can be known of it is not enough.

Where a missing piece leaves a known part, the truth follows from the known part: an amount is between two bounds, and a
limit between them cannot be decided.
"""

from __future__ import annotations

import math
from fractions import Fraction

from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import RATE_LIMITS, RATE_RULES, Draft, exact
from infusion_audit.sample.planted import DAY_CLINIC, NO_PCA, Change, Fault, edits, last_visit
from infusion_audit.sample.planted_doses import milligrams
from infusion_audit.sample.planted_rows import chart_in_mg
from infusion_audit.sample.planted_weights import forget_dosing_weight
from infusion_audit.sample.regimen import infuse
from infusion_audit.sample.tables import Row
from infusion_audit.sample.truth import judge_plan


def infusion_row(draft: Draft) -> Row:
    return draft.charted("infusion")[0]


# -------- infusion: rate, unit, concentration


def _spoil_rate(**cells: str) -> Change:
    """The rate of every piece becomes unknown, and so does the total."""

    def edit(draft: Draft, _: Dice) -> None:
        for row in draft.charted("infusion", "rate_change"):
            row |= cells
        for row, push in zip(draft.charted("bolus"), draft.pushes, strict=True):
            chart_in_mg(row, push)  # a volume would lend its concentration to the infusion
        draft.undecided(*draft.rate_rules)
        draft.total_between(draft.pushed_mg(), None)

    return edit


def _both_concentrations(draft: Draft, _: Dice) -> None:
    """1 mg/mL on the row, 2 mg/mL in the order: the rate and the total are between the two."""
    infused = draft.infused_mg()
    for row in draft.charted("infusion"):
        row |= {"rate_unit": "mL/h", "concentration": "1", "concentration_unit": "mg/mL"}
    draft.order |= {"concentration": "2", "concentration_unit": "mg/mL"}
    draft.undecided(RATE_RULES[draft.context][1])
    draft.total_between(draft.pushed_mg() + infused, draft.pushed_mg() + 2 * infused)


def _per_kg_without_weight(draft: Draft, _: Dice) -> None:
    """A rate per kg without the weight that the pump was set to: the rate can be judged, the total cannot."""
    forget_dosing_weight(draft)
    rate = "0.65" if draft.context == "chronic" else "0.08"
    for row in draft.charted("infusion"):
        row |= {"rate": rate, "rate_unit": "mg/kg/h"}
    draft.total_between(draft.pushed_mg(), None)


def _wrong_pump_weight(draft: Draft, _: Dice) -> None:
    """The pump was set to a weight 45 % too high, so the patient got 45 % more than the rate says."""
    high_rule = RATE_RULES[draft.context][1]
    pump_kg = Fraction(round(draft.kg * Fraction(145, 10)), 10)
    rate = "0.75" if draft.context == "chronic" else "0.1"
    for row in draft.charted("infusion"):
        row |= {"rate": rate, "rate_unit": "mg/kg/h", "pump_weight": exact(pump_kg), "pump_weight_unit": "kg"}
    infuse(draft, Fraction(rate) * pump_kg, draft.stop // MINUTE)
    judge_plan(draft)
    assert draft.truth[high_rule] == "violation"


def _verify_differs(draft: Draft, _: Dice) -> None:
    """A rate check shows more than the limit while the set rate is inside it: one of the two is wrong from then on."""
    low, high = draft.steps[0].mg_per_h, draft.kg * RATE_LIMITS[draft.context][1] * Fraction(13, 10)
    high = Fraction(round(high * 10), 10)
    since = 20 * MINUTE
    infusion_row(draft)["line_id"] = f"L{draft.key}"
    draft.chart("rate_verify", since, rate=exact(high), rate_unit="mg/h")
    draft.undecided(RATE_RULES[draft.context][1])
    more = (high - low) * (draft.stop - since) / 3600
    draft.total_between(draft.total_mg(), draft.total_mg() + more)


def _overlap_unknown_line(draft: Draft, _: Dice) -> None:
    """A second infusion row without a line while the first still runs: instead of it, or on top of it."""
    row, step, since = infusion_row(draft), draft.steps[0], draft.stop // 2
    row["line_id"] = ""
    draft.chart("infusion", since, line_id="", stopped_at=row["stopped_at"], rate=step.rate, rate_unit=step.unit)
    draft.undecided(RATE_RULES[draft.context][1])
    more = step.mg_per_h * (draft.stop - since) / 3600
    draft.total_between(draft.total_mg(), draft.total_mg() + more)


def _one_whole_segment(draft: Draft, dice: Dice) -> None:
    """Short enough for one row on one named line."""
    if draft.context == "chronic":
        infuse(draft, milligrams(draft, 0.65), dice.whole(34, 38))
    else:
        infuse(draft, milligrams(draft, 0.085, 10), dice.whole(36, 39))


# -------- infusion: start and stop


def _by_events(draft: Draft, dice: Dice) -> None:
    draft.style = "events"
    infuse(draft, milligrams(draft, 0.7), dice.whole(40, 50))


def _last_proof(draft: Draft) -> int:
    """The offset of the last row that proves that the infusion ran."""
    return max(int(row["started_at"]) for row in draft.charted("infusion", "rate_verify")) - draft.start


def _without_stop(draft: Draft) -> None:
    draft.rows["administration"] = [row for row in draft.rows["administration"] if row["event"] != "stop"]


def _stop_missing(draft: Draft, _: Dice) -> None:
    """No stop, no discharge, no bag: it may have run for ever."""
    _without_stop(draft)
    draft.encounter.pop("ended_at", None)
    draft.end_open, draft.lasted = True, (_last_proof(draft), None)
    draft.total_between(draft.pushed_mg() + draft.infused_mg(_last_proof(draft)), None)
    draft.undecided("KM-01", "KM-02")


def _assess_at_end(draft: Draft) -> None:
    """A full set just before the real end, so that the later possible end leaves no gap."""
    at = draft.end - 30
    for kind, value in (("rass", "0"), ("respiratory_rate", "14"), ("spo2", "97")):
        draft.observe(kind, value, at)


def _stop_missing_discharged(draft: Draft, _: Dice) -> None:
    """No stop, but a discharge 40 minutes after the real end, which is the latest possible end."""
    low = draft.pushed_mg() + draft.infused_mg(_last_proof(draft))
    _without_stop(draft)
    discharge = draft.end + 40 * MINUTE
    draft.encounter["ended_at"] = discharge
    high = draft.pushed_mg() + draft.steps[0].mg_per_h * (discharge - draft.start) / 3600
    draft.total_between(low, high)
    draft.last_possible_end, draft.lasted = discharge, (_last_proof(draft), discharge - draft.start)
    draft.undecided("KM-21", "KM-22")
    _assess_at_end(draft)


def _stop_missing_small_bag(draft: Draft, _: Dice) -> None:
    """No stop, but a bag that was empty a few minutes after the real end at the latest."""
    bag_ml = math.ceil(draft.infused_mg()) + 3
    infusion_row(draft).update(volume_ml=str(bag_ml), concentration="1", concentration_unit="mg/mL")
    for row in draft.charted("infusion", "rate_verify"):
        row["rate_unit"] = "mL/h"
        row |= {"concentration": "1", "concentration_unit": "mg/mL"}
    low = draft.pushed_mg() + draft.infused_mg(_last_proof(draft))
    draft.lasted = _last_proof(draft), bag_ml / draft.steps[0].mg_per_h * 3600
    draft.total_between(low, draft.pushed_mg() + bag_ml)
    assert "KD-07" not in draft.truth
    _assess_at_end(draft)
    _without_stop(draft)


def _stop_before_start(draft: Draft, _: Dice) -> None:
    """The second of two equal segments has its stop charted twelve hours early: how long it ran is unknown."""
    row, middle, end = infusion_row(draft), 20 * MINUTE, draft.stop
    row["line_id"], row["stopped_at"] = f"L{draft.key}", draft.start + middle
    later = draft.chart("infusion", middle, stopped_at=draft.start + end - 12 * HOUR)
    later |= {"rate": row["rate"], "rate_unit": row["rate_unit"]}
    draft.total_between(draft.pushed_mg() + draft.infused_mg(middle), None)
    draft.undecided("KM-01", "KM-02", "KM-21", "KM-22")
    if "ended_at" in draft.encounter:
        draft.last_possible_end = int(draft.encounter["ended_at"])
        draft.lasted = middle, draft.last_possible_end - draft.start
    else:
        draft.end_open, draft.lasted = True, (middle, None)


_ALL = "KD-02 to KD-05, KD-07, KR-01"
_HIGH = "KD-02 or KD-04, KR-01, KD-07 if the high bound is over"
_NO_END = "KD-07, KM-01, KM-02, KM-21, KM-22, KR-01"
_LATE_END = "KM-21, KM-22, KR-01, KD-07 if the high bound is over"

INFUSION_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("rate_in_ml_without_concentration", "mL/h, and no concentration anywhere", _ALL, _spoil_rate(rate_unit="mL/h")),
        ("rate_unit_unknown", "a rate in units/h", _ALL, _spoil_rate(rate_unit="units/h")),
        ("rate_not_a_number", "a rate of NaN (also a dirty cell)", _ALL, _spoil_rate(rate="NaN")),
        (
            "concentration_impossible", "mL/h with a concentration of 500 mg/mL", _ALL,
            _spoil_rate(rate_unit="mL/h", concentration="500", concentration_unit="mg/mL"),
        ),
        ("per_kg_without_pump_weight", "mg/kg/h without a pump weight or a dosing weight", "KD-07, KR-01", _per_kg_without_weight),
        pathways=NO_PCA,
    ),
    *edits(
        ("pump_weight_wrong", "a pump weight 45 % too high", "KD-02 or KD-04", _wrong_pump_weight),
        ("verify_differs", "a rate check that shows a rate above the limit", _HIGH, _verify_differs),
        ("overlap_on_unknown_line", "two overlapping infusion rows without a line", _HIGH, _overlap_unknown_line),
        ("stop_before_start", "a stop twelve hours too early", _NO_END, _stop_before_start),
        pathways=NO_PCA, plan=_one_whole_segment,
    ),
    *edits(
        ("concentrations_disagree", "1 mg/mL on the row, 2 mg/mL in the order", _HIGH, _both_concentrations),
        pathways=DAY_CLINIC, plan=_one_whole_segment,
    ),
    *edits(
        ("stop_missing_discharged", "no stop; the discharge bounds it", _LATE_END, _stop_missing_discharged),
        pathways=DAY_CLINIC, plan=_by_events,
    ),
    *edits(
        ("stop_missing", "no stop and nothing that bounds it", f"{_NO_END}, KR-02", _stop_missing),
        pathways=DAY_CLINIC, plan=_by_events, suits=last_visit,
    ),
)  # fmt: skip

INFUSION_DECOYS: tuple[Fault, ...] = edits(
    ("stop_missing_small_bag", "no stop, but a bag so small that both bounds agree", "KR-01", _stop_missing_small_bag),
    pathways=DAY_CLINIC, plan=_by_events,
)  # fmt: skip
