"""Everything around a session: order, visit, checklist, diagnoses, drug history, surgery, interventions and controlled-drug stock."""

from __future__ import annotations

from infusion_audit.sample import clock
from infusion_audit.sample.clock import DAY, HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, exact
from infusion_audit.sample.observing import POUND

INDICATION_CODES = {
    "crps": ("G90.511", "G90.522", "G56.41", "G57.72"),
    "phantom_limb_pain": ("G54.6",),
    "postherpetic_neuralgia": ("B02.29", "B02.22", "B02.23"),
    "neuropathic_pain": ("E11.42", "G50.0", "M54.16"),
    "nonspecific_neuropathic_pain": ("M79.2", "G62.9"),
    "fibromyalgia": ("M79.7",),
    "central_pain": ("G89.0",),
    "ischemic_pain": ("I70.221", "I70.222"),
    "cancer_pain": ("G89.3",),
    "postsurgical_pain": ("G89.18",),
    "other": ("G89.4", "M96.1", "G89.29"),
}
# Diagnoses that look like contraindications and are none: controlled hypertension, old infarction, compensated cirrhosis, ...
HARMLESS_CODES = ("I10", "I25.2", "F32.A", "K74.60", "B18.2", "Z86.59", "G91.2", "H40.1230", "E11.9", "J45.909")
CHECKLIST = (
    "uncontrolled_cardiovascular_disease", "pregnancy", "active_psychosis", "severe_liver_dysfunction",
    "high_intracranial_pressure", "high_intraocular_pressure",
)  # fmt: skip
DRUGS = {
    "acetaminophen": ("acetaminophen",),
    "nsaid": ("naproxen", "ibuprofen", "celecoxib"),
    "opioid": ("oxycodone", "morphine", "hydromorphone", "tramadol"),
    "gabapentinoid": ("gabapentin", "pregabalin"),
    "snri": ("duloxetine", "venlafaxine"),
    "tricyclic": ("amitriptyline", "nortriptyline"),
    "anticonvulsant": ("carbamazepine", "lamotrigine"),
    "topical": ("lidocaine", "capsaicin"),
    "other": ("baclofen",),
}
CONVENTIONAL = tuple(DRUGS)[:-1]


def open_visit(draft: Draft, dice: Dice) -> None:
    """The encounter and the order; day patients come an hour before, ward patients the evening before."""
    patient, start, end = draft.patient, draft.start, draft.end
    ids = {"patient_id": patient.patient_id, "encounter_id": f"E{draft.key}"}
    arrival, discharge = start - dice.whole(88, 110) * MINUTE, end + dice.whole(55, 100) * MINUTE
    if patient.pathway != "chronic":
        arrival, discharge = (start // DAY - 1) * DAY + 16 * HOUR + dice.whole(0, 45) * MINUTE, (end // DAY + 1) * DAY + 11 * HOUR
    draft.encounter = {**ids, "site_id": patient.site, "department": patient.department, "started_at": arrival}
    if discharge < clock.EXTRACTED_AT:
        draft.encounter["ended_at"] = discharge
    first_postsurgical = draft.visit.first and draft.context == "postsurgical"
    draft.order = {
        **ids,
        "order_id": f"O{draft.key}",
        "prescriber_id": patient.prescriber,
        "context": "" if (first_postsurgical or draft.context == "chronic") and dice.chance(0.12) else draft.context,
        "indication": patient.indication,
        "ordered_at": start - dice.whole(60, 85) * MINUTE,
    }
    if draft.weight_mode == "order":
        draft.order |= {"dosing_weight": exact(draft.kg), "dosing_weight_unit": "kg"}
    elif draft.weight_mode == "order_pounds":
        draft.order |= {"dosing_weight": exact(draft.kg / POUND), "dosing_weight_unit": "lb"}
    if draft.concentration and dice.chance(0.4):
        draft.order |= {"concentration": exact(draft.concentration), "concentration_unit": "mg/mL"}
    draft.rows["encounter"], draft.rows["medication_order"] = [draft.encounter], [draft.order]


def document(draft: Draft, dice: Dice) -> None:
    """The rest of the paperwork but the stock; call it when the session is observed."""
    _checklist(draft, dice)
    _diagnoses(draft, dice)
    if draft.visit.index:
        _drug_history(draft, dice)
    if dice.chance(0.35):
        taken: dict[str, str | int] = {"started_at": draft.start - 2 * HOUR, "ended_at": draft.start + 20 * HOUR, "days_supply": "1"}
        draft.record("medication", drug="acetaminophen", drug_class="acetaminophen", outcome="unknown", origin="record", **taken)
    _surgery(draft, dice)
    if draft.visit.series_day >= 60 and draft.patient.reviews != "missing":
        written = draft.start - 65 * MINUTE if draft.patient.reviews == "kept" else "at the round"
        draft.record("intervention", kind="response_review", performed_at=written)
    if draft.grid and dice.chance(0.03):
        _desaturation(draft, dice)


def _checklist(draft: Draft, dice: Dice) -> None:
    role = dice.pick(("nurse", "nurse", "physician"))
    cells: dict[str, str | int] = {"answered_at": draft.start - dice.whole(30, 58) * MINUTE, "role": role}
    for item in CHECKLIST:
        draft.add("screening", item=item, answer="no", **cells)
    if draft.patient.exempt:
        draft.add("screening", item="pregnancy_exempt", answer="yes", **cells)


def _diagnoses(draft: Draft, dice: Dice) -> None:
    """The indication at every visit; the problem list once."""
    patient, arrival = draft.patient, int(draft.encounter["started_at"])
    icd: dict[str, str | int] = {"code_system": "icd10cm", "recorded_at": arrival + 20 * MINUTE}
    code = INDICATION_CODES[patient.indication][patient.number % len(INDICATION_CODES[patient.indication])]
    draft.add("condition", code=code, category="encounter", onset_at=arrival, present_on_admission="Y", **icd)
    if not draft.visit.first:
        return
    listed = [dice.pick(HARMLESS_CODES)] if dice.chance(0.4) else []
    listed += ["H40.1110"] if patient.glaucoma else []
    listed += ["Z90.710"] if patient.exempt else []
    for code in listed:
        draft.add("condition", code=code, category="problem_list", onset_at=arrival - dice.whole(300, 900) * DAY, **icd)


def _drug_history(draft: Draft, dice: Dice) -> None:
    """At least two conventional classes, each tried for months and recently: ketamine comes third."""
    count = dice.whole(2, 4) if draft.context == "chronic" else dice.whole(0, 2)
    classes = dice.shuffled(CONVENTIONAL)[:count]
    for number, drug_class in enumerate(classes):
        started = draft.start // DAY * DAY - dice.whole(95, 250) * DAY + 9 * HOUR
        ended = number > 1 and dice.chance(0.5)
        cells: dict[str, str | int] = {
            "drug": dice.pick(DRUGS[drug_class]),
            "drug_class": drug_class,
            "started_at": started,
            "days_supply": dice.pick(("60", "90", "90")),
            "outcome": dice.pick(("failed", "failed", "not_tolerated")) if ended else dice.pick(("failed", "unknown", "effective")),
            "origin": dice.pick(("record", "record", "form")),
        }
        if ended:
            cells["ended_at"] = started + dice.whole(60, 90) * DAY
        if drug_class == "opioid":
            cells["mme_per_day"] = str(dice.whole(2, 18) * 5)
        draft.record("medication", **cells)


def _surgery(draft: Draft, dice: Dice) -> None:
    """The operation before a postsurgical session; for some chronic patients one long ago."""
    day = draft.start // DAY
    if draft.context == "postsurgical" and draft.visit.first:
        draft.record("procedure", kind="surgery", ended_at=(day - dice.whole(1, 2)) * DAY + 10 * HOUR + dice.whole(0, 300) * MINUTE)
    elif draft.visit.first and dice.chance(0.12):
        draft.record("procedure", kind=dice.pick(("surgery", "other")), ended_at=(day - dice.whole(30, 200)) * DAY + 14 * HOUR)


def _desaturation(draft: Draft, dice: Dice) -> None:
    """A low saturation that was seen and acted on within minutes."""
    at = draft.grid[len(draft.grid) // 2]
    for row in draft.observations:
        if row[0] == "spo2" and row[6] == at:
            row[1] = str(dice.whole(86, 89))
    draft.observe("spo2", "96", at + 4 * MINUTE, "%")
    draft.record("intervention", kind="oxygen", performed_at=at + 2 * MINUTE)
