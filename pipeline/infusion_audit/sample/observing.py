"""Assessments, vital signs, weights, laboratory values and pain scores of a session."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample import clock
from infusion_audit.sample.clinic import SEDATION_SCALES
from infusion_audit.sample.clock import DAY, HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, exact

POUND = Fraction(45359237, 100_000_000)
SEDATION = frozenset(SEDATION_SCALES.values())
RESPIRATORY = frozenset(("respiratory_rate", "spo2", "etco2"))
PSYCHO = frozenset(("psychomimetic", "cadss"))
BLOOD_PRESSURE = frozenset(("systolic_bp", "diastolic_bp"))
WEIGHTS = frozenset(("weight",))

# What is charted when the patient is well; every value is far from what would call for action.
SEDATION_VALUES = {
    "rass": ("0", "0", "0", "-1", "-1", "-2"),
    "poss": ("1", "1", "2", "S"),
    "ramsay": ("2", "2", "3"),
    "moaas": ("5", "5", "4"),
    "aldrete_consciousness": ("2", "2", "1"),
}
_NUMBER = [str(number) for number in range(240)]


def observe(draft: Draft, dice: Dice) -> None:
    """Everything observed from the day before until the follow-ups."""
    _vital_signs(draft, dice)
    _psycho(draft, dice)
    _weights(draft, dice)
    _laboratory(draft, dice)
    _pain(draft, dice)


def assessment_times(draft: Draft, dice: Dice) -> list[int]:
    """Every quarter of an hour, give or take two minutes, strictly inside the session."""
    end = draft.end
    times = range(draft.start + 15 * MINUTE, end + 2 * MINUTE, 15 * MINUTE)
    return [at for at in (one + dice.whole(-120, 120) for one in times) if at < end]


def _vital_signs(draft: Draft, dice: Dice) -> None:
    """Full sets for day patients; on the wards the blood pressure is taken every fourth time."""
    random, rows = dice.random, draft.observations
    scale = SEDATION_SCALES[draft.patient.department]
    sedation = SEDATION_VALUES[scale]
    ward = draft.patient.pathway != "chronic"
    capnography = not ward and random() < 0.6
    pulse, systolic = 58 + int(25 * random()), 108 + int(32 * random())
    draft.grid = assessment_times(draft, dice)
    before = [draft.start - dice.whole(8, 14) * MINUTE]
    end = draft.end
    after = [end + dice.whole(12, 14) * MINUTE, end + dice.whole(27, 29) * MINUTE]
    for number, at in enumerate(before + draft.grid + after):
        recorded = at + 30 + int(120 * random())
        rows.append([scale, sedation[int(random() * len(sedation))], "", "", "", "", at, recorded])
        rows.append(["respiratory_rate", _NUMBER[12 + int(7 * random())], "/min", "", "", "", at, recorded])
        rows.append(["spo2", _NUMBER[95 + int(5 * random())], "%", "", "", "", at, recorded])
        if ward and number % 4:
            continue
        rows.append(["heart_rate", _NUMBER[pulse + int(12 * random())], "/min", "", "", "", at, recorded])
        rows.append(["systolic_bp", _NUMBER[systolic + int(16 * random())], "mmHg", "", "", "", at, recorded])
        rows.append(["diastolic_bp", _NUMBER[62 + int(24 * random())], "mmHg", "", "", "", at, recorded])
        if capnography:
            rows.append(["etco2", _NUMBER[33 + int(11 * random())], "mmHg", "", "", "", at, recorded])


def _psycho(draft: Draft, dice: Dice) -> None:
    """Asked in the middle of the infusion and again in recovery; `none` is an observation too."""
    middle = draft.grid[len(draft.grid) // 2] if draft.grid else draft.end + 5 * MINUTE
    for at in (middle, draft.end + dice.whole(20, 26) * MINUTE):
        if dice.chance(0.15):
            draft.observe("cadss", str(dice.whole(0, 4)), at)
        else:
            draft.observe("psychomimetic", "present" if dice.chance(0.12) else "none", at)


def _weights(draft: Draft, dice: Dice) -> None:
    """The observed weights that go with the way in which this session documents the weight."""
    draft_at = draft.start - dice.whole(40, 55) * MINUTE
    mode = draft.weight_mode
    if mode == "pounds":
        draft.observe("weight", exact(draft.kg / POUND), draft_at, "lb", "measured")
    elif mode == "stated":
        draft.observe("weight", exact(draft.kg), draft_at, "kg", "stated")
    elif mode == "earlier":
        draft.observe("weight", exact(draft.kg), draft.start - dice.whole(3, 20) * DAY, "kg", "measured")
    elif mode != "none":
        kg = draft.kg if mode != "order_pounds" else Fraction(round(draft.kg * 10), 10)
        draft.observe("weight", exact(kg), draft_at, "kg", "measured")
    if draft.visit.first:
        draft.observe("height", str(dice.whole(154, 190)), draft_at, "cm", "measured")


def _laboratory(draft: Draft, dice: Dice) -> None:
    """A pregnancy test where one is due, liver values for some, eye and brain pressure for a few."""
    start, patient = draft.start, draft.patient
    if patient.may_be_pregnant:
        draft.observe("hcg", "negative", start - dice.whole(50, 80) * MINUTE)
    if dice.chance(0.15):
        at = start - dice.whole(1, 6) * DAY - 2 * HOUR
        draft.observe("alt", str(dice.whole(12, 38)), at, "U/L", upper_limit="40")
        draft.observe("ast", str(dice.whole(11, 33)), at, "U/L", upper_limit="35")
        draft.observe("bilirubin", f"0.{dice.whole(3, 9)}", at, "mg/dL", upper_limit="1.2")
    if patient.glaucoma or dice.chance(0.02):
        for side in ("left", "right"):
            draft.observe("iop", str(dice.whole(12, 18)), start - dice.whole(1, 5) * DAY - 3 * HOUR, "mmHg", laterality=side)
    if dice.chance(0.004):
        draft.observe("icp", str(dice.whole(6, 14)), start - 3 * HOUR, "mmHg")


def _pain(draft: Draft, dice: Dice) -> None:
    """Before, at the end, three to ten days later, and one to three months after the last session, as far as the extract goes."""
    before = dice.whole(5, 9)
    draft.score_pain(before, draft.start - dice.whole(25, 58) * MINUTE)
    draft.score_pain(max(0, before - dice.whole(2, 6)), draft.end + 10 * MINUTE)
    day = draft.start // DAY * DAY
    weeks = day + dice.whole(3, max(3, min(10, draft.visit.next_gap_days - 1))) * DAY + dice.whole(10, 16) * HOUR
    months = day + dice.whole(32, 85) * DAY + dice.whole(10, 16) * HOUR
    if weeks < clock.EXTRACTED_AT and draft.visit.next_gap_days > 3:
        draft.score_pain(max(0, before - dice.whole(0, 5)), weeks)
    if months < clock.EXTRACTED_AT and draft.visit.last:
        draft.score_pain(max(0, before - dice.whole(0, 4)), months)
