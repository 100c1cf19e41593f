"""Planted contraindications and missing drug histories.

What would also speak against a later session (a diagnosis, a laboratory value) is planted at the patient's last session;
what an earlier session could excuse (an old test, an old form) at the first.
"""

from __future__ import annotations

from infusion_audit.sample.clock import DAY, HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.observing import BLOOD_PRESSURE
from infusion_audit.sample.planted import DAY_CLINIC, Change, Fault, edits, last_visit, only_visit


def _only_index(draft: Draft) -> bool:
    """The drug history of a second series may reach back before the first."""
    return draft.visit.first and draft.context == "chronic" and sum(visit.index for visit in draft.patient.visits) == 1


# -------- contraindications


def _pressure(systolic: str, diastolic: str, *, violates: bool = True) -> Change:
    """The last blood pressure before the start, a few minutes after the one of the baseline set."""

    def edit(draft: Draft, _: Dice) -> None:
        at = draft.start - 3 * MINUTE
        draft.observe("systolic_bp", systolic, at, "mmHg")
        draft.observe("diastolic_bp", diastolic, at, "mmHg")
        if violates:
            draft.violated("KC-01")

    return edit


def _no_pressure(draft: Draft, _: Dice) -> None:
    draft.drop_observations(BLOOD_PRESSURE, draft.start - DAY, draft.start)
    draft.undecided("KC-01")


def _form_says_yes(item: str, rule: str) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        next(row for row in draft.rows["screening"] if row["item"] == item)["answer"] = "yes"
        draft.violated(rule)

    return edit


def _form_is_unsure(draft: Draft, item: str) -> None:
    next(row for row in draft.rows["screening"] if row["item"] == item)["answer"] = "unknown"


def diagnosed(code: str, rule: str, present: str = "Y") -> Change:
    """A diagnosis of this visit, present on admission."""

    def edit(draft: Draft, _: Dice) -> None:
        arrival = int(draft.encounter["started_at"])
        cells = {"code_system": "icd10cm", "category": "encounter", "present_on_admission": present}
        draft.add("condition", code=code, onset_at=arrival, recorded_at=arrival + 25 * MINUTE, **cells)
        if present == "Y":
            draft.violated(rule)

    return edit


def _possible(code: str, item: str, rule: str) -> Change:
    """A diagnosis that may or may not mean the contraindication, and a form that does not know either."""

    def edit(draft: Draft, _: Dice) -> None:
        arrival = int(draft.encounter["started_at"])
        draft.drop_observations(("iop", "icp"), 0, draft.end + DAY)
        draft.add("condition", code=code, code_system="icd10cm", category="problem_list", onset_at=arrival - 400 * DAY, recorded_at=arrival)
        _form_is_unsure(draft, item)
        draft.undecided(rule)
        draft.violated("KC-10")

    return edit


def _liver_values(draft: Draft, _: Dice) -> None:
    at = draft.start - DAY - 2 * HOUR
    draft.drop_observations(("alt", "ast", "bilirubin"), 0, draft.end)
    draft.observe("alt", "164", at, "U/L", upper_limit="40")
    draft.observe("bilirubin", "3.1", at, "mg/dL", upper_limit="1.2")
    draft.violated("KC-04")


def _measured(kind: str, value: str, unit: str, rule: str, laterality: str = "") -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        draft.observe(kind, value, draft.start - 5 * HOUR, unit, laterality=laterality)
        draft.violated(rule)

    return edit


# -------- selection


def _drug_classes(kept: int, *, short: bool = False) -> Change:
    """Only so many classes tried before; with `short` one more, begun ten days ago."""

    def edit(draft: Draft, _: Dice) -> None:
        history = [row for row in draft.rows["medication"] if row["days_supply"] != "1"]
        others = [row for row in draft.rows["medication"] if row["days_supply"] == "1"]
        history = history[: kept + short]
        if short:
            history[-1] |= {"started_at": draft.start - 10 * DAY, "days_supply": "30", "outcome": "unknown", "origin": "record"}
            history[-1].pop("ended_at", None)
        draft.rows["medication"] = history + others
        draft.violated("KS-01")

    return edit


CONTRAINDICATION_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("hypertension", "a last blood pressure of 192/98 before the start", "KC-01", _pressure("192", "98")),
        ("hypertension_at_threshold", "a last blood pressure of 180/84", "KC-01", _pressure("180", "84")),
        ("pressure_not_taken", "no blood pressure in the day before the start", "KC-01", _no_pressure),
        plain=False,
    ),
    *edits(
        ("hypertensive_crisis", "a diagnosis of hypertensive crisis at this visit", "KC-01", diagnosed("I16.0", "KC-01")),
        ("psychosis_on_form", "the checklist says active psychosis", "KC-03", _form_says_yes("active_psychosis", "KC-03")),
        ("psychosis_coded", "a psychotic episode diagnosed at this visit", "KC-03", diagnosed("F23", "KC-03")),
        ("liver_values", "ALT over 3 times and bilirubin over 2 times the upper limit", "KC-04", _liver_values),
        ("child_pugh_c", "a Child-Pugh score of 11", "KC-04", _measured("child_pugh", "11", "", "KC-04")),
        ("intracranial_hypertension", "idiopathic intracranial hypertension diagnosed", "KC-05", diagnosed("G93.2", "KC-05")),
        ("icp_high", "an intracranial pressure of 25 mmHg", "KC-05", _measured("icp", "25", "mmHg", "KC-05")),
        ("iop_high", "an eye pressure of 27 mmHg", "KC-06", _measured("iop", "27", "mmHg", "KC-06", "left")),
        plain=False, suits=last_visit,
    ),
    *edits(
        (
            "schizophrenia_listed", "schizophrenia on the problem list, activity unknown", "KC-03, KC-10",
            _possible("F20.9", "active_psychosis", "KC-03"),
        ),
        (
            "meningioma_listed", "a meningioma on the problem list, pressure unknown", "KC-05, KC-10",
            _possible("D32.0", "high_intracranial_pressure", "KC-05"),
        ),
        (
            "glaucoma_listed", "open-angle glaucoma on the problem list, pressure unknown", "KC-06, KC-10",
            _possible("H40.1130", "high_intraocular_pressure", "KC-06"),
        ),
        plain=False, suits=only_visit,
    ),
    *edits(
        ("one_class_tried", "only one conventional class tried before", "KS-01", _drug_classes(1)),
        ("no_class_tried", "no conventional class tried before", "KS-01", _drug_classes(0)),
        ("second_class_too_short", "the second class begun ten days before", "KS-01", _drug_classes(1, short=True)),
        plain=False, suits=_only_index, pathways=DAY_CLINIC,
    ),
)  # fmt: skip

CONTRAINDICATION_DECOYS: tuple[Fault, ...] = (
    *edits(
        ("pressure_just_below", "a last blood pressure of 179/109", "", _pressure("179", "109", violates=False)),
        plain=False,
    ),
    *edits(
        ("infarction_after_admission", "an infarction that was not present on admission", "", diagnosed("I21.4", "KC-01", "N")),
        plain=False, suits=only_visit,
    ),
)  # fmt: skip
