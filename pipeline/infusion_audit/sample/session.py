"""One session from plan to rows: the order in which it is planned, charted, observed, documented and spoilt."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample import charting, clock, observing, paperwork, regimen, stock
from infusion_audit.sample.clinic import Patient, Visit
from infusion_audit.sample.clock import MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.observing import POUND
from infusion_audit.sample.planted import Deck, Fault
from infusion_audit.sample.planted_actions import ACTION_DECOYS, ACTION_FAULTS
from infusion_audit.sample.planted_contraindications import CONTRAINDICATION_DECOYS, CONTRAINDICATION_FAULTS
from infusion_audit.sample.planted_decoys import ROW_DECOYS
from infusion_audit.sample.planted_doses import DOSE_DECOYS, DOSE_FAULTS
from infusion_audit.sample.planted_floors import FLOOR_DECOYS, FLOOR_FAULTS
from infusion_audit.sample.planted_infusions import INFUSION_DECOYS, INFUSION_FAULTS
from infusion_audit.sample.planted_monitoring import MONITORING_DECOYS, MONITORING_FAULTS
from infusion_audit.sample.planted_policy import POLICY_DECOYS, POLICY_FAULTS
from infusion_audit.sample.planted_rows import ROW_FAULTS
from infusion_audit.sample.planted_screening import SCREENING_DECOYS, SCREENING_FAULTS
from infusion_audit.sample.planted_stock import STOCK_DECOYS, STOCK_FAULTS
from infusion_audit.sample.planted_weights import WEIGHT_DECOYS, WEIGHT_FAULTS
from infusion_audit.sample.truth import judge_optional, judge_plan

FAULTS: tuple[Fault, ...] = (
    *DOSE_FAULTS, *INFUSION_FAULTS, *ROW_FAULTS, *WEIGHT_FAULTS, *MONITORING_FAULTS, *CONTRAINDICATION_FAULTS, *SCREENING_FAULTS,
    *FLOOR_FAULTS, *ACTION_FAULTS, *POLICY_FAULTS, *STOCK_FAULTS,
)  # fmt: skip
DECOYS: tuple[Fault, ...] = (
    *DOSE_DECOYS, *INFUSION_DECOYS, *WEIGHT_DECOYS, *MONITORING_DECOYS, *CONTRAINDICATION_DECOYS, *SCREENING_DECOYS, *ROW_DECOYS,
    *FLOOR_DECOYS, *ACTION_DECOYS, *POLICY_DECOYS, *STOCK_DECOYS,
)  # fmt: skip
FAULT_SHARE, DECOY_SHARE = 0.135, 0.06
"""Shares of the sessions in which a deviation, or a decoy, is planted."""


class FaultPicker:
    """Decides which sessions are spoilt, and how; each pathway has its own decks, so that rare pathways see every kind."""

    def __init__(self, dice: Dice, pathways: tuple[str, ...] = ("chronic", "postsurgical", "pca")) -> None:
        self._dice = dice
        self._faults = {pathway: Deck(FAULTS, pathway, dice) for pathway in pathways}
        self._decoys = {pathway: Deck(DECOYS, pathway, dice) for pathway in pathways}

    def pick(self, draft: Draft) -> Fault | None:
        draw = self._dice.random()
        if draft.visit.double or draft.patient.reviews != "kept" or draw >= FAULT_SHARE + DECOY_SHARE:
            return None
        decks = self._faults if draw < FAULT_SHARE else self._decoys
        return decks[draft.patient.pathway].deal(draft)


def sessions_of(patient: Patient, number: int, dice: Dice, picker: FaultPicker | None) -> list[tuple[Draft, Fault | None]]:
    """All sessions of a patient, numbered from `number`: the drafts hold their rows and the verdicts to expect."""
    written = [_session(patient, visit, number + place, dice, picker) for place, visit in enumerate(patient.visits)]
    judge_optional([draft for draft, _ in written])
    return written


def _session(patient: Patient, visit: Visit, number: int, dice: Dice, picker: FaultPicker | None) -> tuple[Draft, Fault | None]:
    """Plan and write down one session, with the verdicts that follow from nothing but itself."""
    draft = _weighed(patient, visit, number, dice)
    fault = picker.pick(draft) if picker else None
    if fault or visit.double:
        draft.weight_mode, draft.kg = "order", Fraction(round(draft.kg * 10), 10)
    if visit.double or (fault and fault.plain):
        regimen.plan_plainly(draft, dice)
    else:
        regimen.plan(draft, dice)
    if visit.double:
        _one_of_two(draft)
    if fault and fault.plan:
        fault.plan(draft, dice)
    paperwork.open_visit(draft, dice)
    charting.chart(draft, dice)
    observing.observe(draft, dice)
    paperwork.document(draft, dice)
    judge_plan(draft)
    if fault and fault.edit:
        fault.edit(draft, dice)
    stock.account(draft, dice)
    return draft, fault


def _weighed(patient: Patient, visit: Visit, number: int, dice: Dice) -> Draft:
    """The session's weight and how it is documented; without a measured weight only at the first visit, where no other can differ."""
    draw = dice.random()
    modes = ((0.60, "order"), (0.68, "order_pounds"), (0.88, "measured"), (0.94, "pounds"), (0.97, "stated"), (1.0, "earlier"))
    mode = next(name for share, name in modes if draw < share)
    if mode in ("stated", "earlier") and not visit.first:
        mode = "order"
    kg = Fraction(patient.hectograms + dice.whole(-8, 8), 10)
    if mode in ("pounds", "order_pounds"):
        kg = Fraction(round(kg / POUND * 10), 10) * POUND
    context = "postsurgical" if patient.indication == "postsurgical_pain" else "chronic"
    return Draft(patient, visit, f"{number:07d}", kg, mode, context)


def _one_of_two(draft: Draft) -> None:
    """Each of the day's two sessions is inside the cap for a session; together they may be over the cap for a day (KD-08)."""
    share = Fraction(80 if draft.visit.double == "over" else 55, 100)
    draft.pushes = []
    regimen.infuse(draft, Fraction(round(draft.kg * share)), 50)


def observation_lines(draft: Draft) -> list[str]:
    """The CSV lines of the observations; by far the largest table, so written without detours."""
    patient_id, encounter_id = draft.patient.patient_id, f"E{draft.key}"
    arrival, leave = int(draft.encounter["started_at"]), draft.end + 80 * MINUTE
    utc = clock.utc
    lines: list[str] = []
    last_at = last_recorded = -1
    at_text = recorded_text = prefix = ""
    for kind, value, unit, method, laterality, upper_limit, at, recorded in draft.observations:
        if at != last_at:
            last_at = int(at)
            at_text = utc(last_at)
            prefix = f"{patient_id},{encounter_id if arrival <= last_at <= leave else ''},"
        if recorded != last_recorded:
            last_recorded = int(recorded)
            recorded_text = utc(last_recorded)
        lines.append(f"{prefix}{kind},{value},{unit},{method},{laterality},{upper_limit},{at_text},{recorded_text}\n")
    return lines
