# pyright: basic, reportMissingTypeStubs=false, reportIncompatibleVariableOverride=false
"""The input tables: one pandera model each, and the only place where the rules for a row are written."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
import pandera.pandas as pa

from .cells import choice, count, date, identifier, instant, kind_of_observation, name, number, text

BLANKS = " \t\r\n"
WEIGHT_UNITS = ("kg", "lb", "g", "oz")
CONCENTRATION_UNITS = ("mg/ml", "mcg/ml")
NUMERIC_KINDS = [
    *("weight", "height", "rass", "ramsay", "moaas", "aldrete_consciousness", "respiratory_rate", "spo2", "etco2", "systolic_bp"),
    *("diastolic_bp", "heart_rate", "cadss", "bprs", "kset", "pain_nrs", "alt", "ast", "bilirubin", "iop", "icp"),
]
CODED_KINDS = {"psychomimetic": ("none", "present"), "hcg": ("negative", "positive")}


class Table(pa.DataFrameModel):
    """What all tables share: every cell arrives as text, and a blank one is unknown."""

    @pa.dataframe_parser
    @classmethod
    def _cells(cls, rows: pd.DataFrame) -> pd.DataFrame:
        """Take the blanks off every cell but identifiers, fold the case of words, and turn blank cells into unknown ones."""
        read: dict[str, Any] = {}
        for column, schema in cls.to_schema().columns.items():
            if column in rows:
                kind = (schema.metadata or {})["kind"]
                stripped = rows[column].str.strip(BLANKS)
                kept = rows[column] if kind == "identifier" else stripped.str.lower() if kind in ("choice", "name") else stripped
                read[column] = kept.where(stripped != "")
        return rows.assign(**read)


class Patient(Table):
    """One person."""

    patient_id: str = identifier("Identity of the person in the source system.", required=True)
    birth_date: str = date("Date of birth.")
    sex: str = choice("Administrative sex.", "female", "male", "other", "unknown")

    class Config:
        metadata: ClassVar = {"key": "patient_id"}


class Encounter(Table):
    """One visit or stay."""

    encounter_id: str = identifier("Identity of the visit.", required=True)
    patient_id: str = identifier("The person.", required=True)
    site_id: str = identifier("Hospital or clinic.")
    department: str = text("Ward or department.")
    started_at: str = instant("Arrival or admission.")
    ended_at: str = instant("Departure or discharge.", may_be_ambiguous=True)

    class Config:
        metadata: ClassVar = {"key": "encounter_id"}


class MedicationOrder(Table):
    """One order of the audited drug."""

    order_id: str = identifier("Identity of the order.", required=True)
    patient_id: str = identifier("The person.", required=True)
    encounter_id: str = identifier("The visit.")
    prescriber_id: str = identifier("Who ordered.")
    context: str = choice("What the infusion is for.", "chronic", "postsurgical")
    indication: str = choice(
        "The diagnosis treated.",
        *("crps", "phantom_limb_pain", "postherpetic_neuralgia", "neuropathic_pain", "nonspecific_neuropathic_pain", "fibromyalgia"),
        *("central_pain", "ischemic_pain", "cancer_pain", "postsurgical_pain", "other"),
    )
    dosing_weight: str = number("The weight that the order's doses are calculated with.")
    dosing_weight_unit: str = text(f"Its unit: {', '.join(WEIGHT_UNITS)}.")
    concentration: str = number("Strength of the solution ordered.")
    concentration_unit: str = text("Its unit: mg/mL or mcg/mL.")
    ordered_at: str = instant("When it was ordered.")

    class Config:
        metadata: ClassVar = {"key": "order_id"}


class Administration(Table):
    """One charted event of giving the drug: a push, a rate, a pause, a count, a total."""

    administration_id: str = identifier("Identity of the row.", required=True)
    patient_id: str = identifier("The person.", required=True)
    encounter_id: str = identifier("The visit.")
    order_id: str = identifier("The order.")
    line_id: str = identifier("The pump channel or line; rows of one line follow each other.")
    source: str = choice("Who recorded it.", "mar", "pump")
    event: str = choice(
        "What happened.",
        *("bolus", "infusion", "rate_change", "rate_verify", "pause", "stop", "pca_demand", "pca_total", "infused_total", "prime"),
        required=True,
    )
    product: str = name("The drug's name in lower case; empty: ketamine.", default="ketamine")
    route: str = choice("The way in; empty: iv.", "iv", "im", "po", "sc", "in", "epidural", default="iv")
    started_at: str = instant("When it happened or began.", required=True, may_be_ambiguous=True)
    stopped_at: str = instant("When it ended.", may_be_ambiguous=True)
    dose: str = number("Amount of a push, or of one demand.")
    dose_unit: str = text("Its unit, such as mg or mg/kg.")
    rate: str = number("Rate set on the pump.")
    rate_unit: str = text("Its unit, such as mg/kg/h or mL/h.")
    volume_ml: str = number("Volume in mL.")
    concentration: str = number("Strength of the solution given.")
    concentration_unit: str = text("Its unit: mg/mL or mcg/mL.")
    pump_weight: str = number("The weight programmed in the pump.")
    pump_weight_unit: str = text(f"Its unit: {', '.join(WEIGHT_UNITS)}.")
    delivered_count: str = count("Demands that were delivered.")
    total_dose: str = number("Amount of a total.")
    total_dose_unit: str = text("Its unit.")
    status: str = choice(
        "What became of it; empty: completed.",
        *("completed", "in_progress", "stopped", "not_given", "held", "refused", "entered_in_error"),
        default="completed",
    )
    recorded_at: str = instant("When it was charted.")
    performer_id: str = identifier("Who gave it.")

    class Config:
        metadata: ClassVar = {"required": True, "key": "administration_id"}


class Observation(Table):
    """One measurement or assessment."""

    patient_id: str = identifier("The person.", required=True)
    encounter_id: str = identifier("The visit.")
    kind: str = kind_of_observation(
        "What was observed; rows of another kind are kept out and counted.",
        *("weight", "height", "rass", "poss", "ramsay", "moaas", "aldrete_consciousness", "respiratory_rate", "spo2", "etco2"),
        *("systolic_bp", "diastolic_bp", "heart_rate", "psychomimetic", "cadss", "bprs", "kset", "pain_nrs", "hcg", "alt", "ast"),
        *("bilirubin", "child_pugh", "iop", "icp"),
    )
    value: str = text(
        "What was found: a number, or a word (psychomimetic: none, present; hcg: negative, positive).", required=True, number="value_number"
    )
    unit: str = text("Its unit.")
    method: str = choice("How it was obtained.", "measured", "stated")
    laterality: str = choice("The side.", "left", "right", "both")
    upper_limit: str = number("Upper limit of normal.")
    effective_at: str = instant("When it was true.", required=True, may_be_ambiguous=True)
    recorded_at: str = instant("When it was charted.")

    class Config:
        number_for_kind: ClassVar = {"column": "value", "kinds": NUMERIC_KINDS}
        word_for_kind: ClassVar = {
            "column": "value",
            "kinds": list(CODED_KINDS),
            "words": [f"{kind} {word}" for kind in CODED_KINDS for word in CODED_KINDS[kind]],
        }


class Condition(Table):
    """One coded diagnosis."""

    patient_id: str = identifier("The person.", required=True)
    encounter_id: str = identifier("The visit that it was coded for.")
    code: str = text("The code.", required=True)
    code_system: str = choice("The code's system.", "icd10cm", "snomed", "other", required=True)
    category: str = choice("Where it was recorded.", "encounter", "problem_list")
    onset_at: str = instant("When it began.", may_be_ambiguous=True)
    resolved_at: str = instant("When it ended.", may_be_ambiguous=True)
    present_on_admission: str = choice("Present on admission: yes, no, unknown, clinically undetermined.", "y", "n", "u", "w")
    recorded_at: str = instant("When it was recorded.")


class Screening(Table):
    """One answer of a checklist before the infusion."""

    patient_id: str = identifier("The person.", required=True)
    encounter_id: str = identifier("The visit.")
    item: str = choice(
        "The question.",
        *("uncontrolled_cardiovascular_disease", "pregnancy", "pregnancy_exempt", "active_psychosis", "severe_liver_dysfunction"),
        *("high_intracranial_pressure", "high_intraocular_pressure"),
        required=True,
    )
    answer: str = choice("The answer.", "yes", "no", "unknown", required=True)
    answered_at: str = instant("When it was answered.", required=True, may_be_ambiguous=True)
    role: str = text("Who answered.")


class Medication(Table):
    """One drug of the history, or given beside the infusion."""

    patient_id: str = identifier("The person.", required=True)
    drug: str = text("The drug.")
    drug_class: str = choice(
        "Its class.",
        *("acetaminophen", "nsaid", "opioid", "gabapentinoid", "snri", "tricyclic", "anticonvulsant", "topical", "other"),
        required=True,
    )
    started_at: str = instant("When it was started.")
    ended_at: str = instant("When it was stopped.")
    days_supply: str = number("Days that the supply lasts.")
    outcome: str = choice("How it worked.", "failed", "not_tolerated", "contraindicated", "effective", "unknown")
    mme_per_day: str = number("Morphine milligram equivalents a day.")
    origin: str = choice("From the record, or from a form that the patient filled in.", "record", "form")


class Procedure(Table):
    """One operation or procedure."""

    patient_id: str = identifier("The person.", required=True)
    kind: str = choice("What it was.", "surgery", "other", required=True)
    ended_at: str = instant("When it ended.", required=True, may_be_ambiguous=True)


class Intervention(Table):
    """One act in answer to an abnormal finding, or a review of the response."""

    patient_id: str = identifier("The person.", required=True)
    kind: str = choice("What was done.", "oxygen", "airway", "rescue_drug", "escalation", "response_review", required=True)
    performed_at: str = instant("When it was done.", required=True, may_be_ambiguous=True)


class Stock(Table):
    """One movement of the drug in or out of a cabinet."""

    patient_id: str = identifier("The person.", required=True)
    container_id: str = identifier("The vial or syringe.")
    action: str = choice("What was done.", "dispense", "waste", "return", required=True)
    amount: str = number("How much.", required=True)
    unit: str = text("Its unit.", required=True)
    occurred_at: str = instant("When.", required=True)
    user_id: str = identifier("Who.")
    witness_id: str = identifier("Who saw it.")


MODELS: dict[str, type[Table]] = {
    "patient": Patient,
    "encounter": Encounter,
    "medication_order": MedicationOrder,
    "administration": Administration,
    "observation": Observation,
    "condition": Condition,
    "screening": Screening,
    "medication": Medication,
    "procedure": Procedure,
    "intervention": Intervention,
    "stock": Stock,
}
