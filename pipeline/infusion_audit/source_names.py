"""What columns and files are called elsewhere, and how well a column's name and values fit one of the contract's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

NEAR = 0.8
"""How much a name must resemble one of the contract's to be proposed."""
FITS = 0.8
"""The share of a column's different values that must look like what the contract's column holds."""

# What the exports of the usual systems call a column; compared without case, blanks and underscores.
USUAL: dict[str, tuple[str, ...]] = {
    "patient_id": (
        "mrn",
        "pat_id",
        "person_id",
        "subject_id",
        "patient",
        "patient_number",
        "pat_mrn",
        "pat_mrn_id",
        "pt_id",
        "medical_record_number",
    ),
    "encounter_id": (
        "csn",
        "visit_id",
        "hadm_id",
        "visit_occurrence_id",
        "encounter",
        "pat_enc_csn_id",
        "mar_enc_csn",
        "csn_id",
        "fin",
        "hospitalization_id",
    ),
    "order_id": ("order_med_id", "medication_order_id", "order", "order_number", "med_order_id"),
    "administration_id": ("mar_id", "mar_admin_id", "admin_id", "emar_id", "med_admin_id"),
    "line_id": ("line", "pump_channel", "channel"),
    "birth_date": ("dob", "date_of_birth", "birthdate"),
    "sex": ("gender", "sex_category", "administrative_sex"),
    "department": ("unit_name", "ward", "department_name", "dept", "location", "careunit"),
    "site_id": ("site", "hospital", "facility", "facility_id", "hospital_id"),
    "event": ("mar_action", "action", "mar_event", "admin_event", "event_type", "mar_action_category", "mar_action_name", "action_type"),
    "product": ("medication", "drug", "drug_name", "medication_name", "med_name", "display_name", "medication_display_name"),
    "started_at": (
        "start",
        "start_time",
        "start_date",
        "taken_time",
        "given_at",
        "given_time",
        "admin_time",
        "mar_time",
        "starttime",
        "administered_at",
        "start_datetime",
        "admission_time",
        "date_given",
        "given_date",
        "time_given",
        "administration_time",
        "administration_date",
        "admin_datetime",
        "mar_datetime",
        "action_time",
    ),
    "stopped_at": ("stop", "stop_time", "end", "end_time", "endtime", "stop_datetime"),
    "ended_at": ("end", "end_time", "discharge_time", "endtime", "end_datetime"),
    "dose": ("amount", "dose_given", "dose_amount", "sig"),
    "dose_unit": ("amount_uom", "dose_uom", "dose_units", "amountuom", "dose_unit_name", "unit", "units", "uom"),
    "rate": ("infusion_rate", "rate_value"),
    "rate_unit": ("rate_uom", "rate_units", "infusion_rate_unit", "rate_unit_name"),
    "volume_ml": ("volume", "vol_ml"),
    "route": ("route_name", "admin_route", "med_route"),
    "status": ("admin_status", "statusdescription", "mar_status"),
    "recorded_at": ("recorded_time", "charted_at", "charttime", "chart_time", "documented_at", "entry_time", "storetime"),
    "performer_id": ("nurse_id", "user_id", "given_by", "performed_by"),
    "prescriber_id": ("provider_id", "ordering_provider", "prescriber"),
    "ordered_at": ("order_time", "ordered_time", "order_date", "ordertime"),
    "dosing_weight": ("order_weight", "dose_weight"),
    "kind": (
        "measure",
        "measurement",
        "flowsheet_name",
        "vital",
        "vital_category",
        "component",
        "component_name",
        "item",
        "label",
        "flo_meas_name",
        "test",
    ),
    "value": ("result", "meas_value", "result_value", "vital_value", "valuenum", "reading"),
    "unit": ("units", "uom", "valueuom", "result_unit"),
    "effective_at": (
        "taken_at",
        "measured_at",
        "observed_at",
        "recorded_time",
        "charttime",
        "taken_time",
        "result_time",
        "time",
        "datetime",
    ),
    "code": ("icd10", "icd_code", "dx_code", "diagnosis_code", "icd10_code", "condition_code"),
    "code_system": ("vocabulary", "code_type", "coding_system"),
    "onset_at": ("onset", "noted_date", "onset_date", "dx_date"),
    "resolved_at": ("resolved", "resolved_date"),
    "present_on_admission": ("poa",),
}

# What the file of a table may be called; a part of the name is enough.
FILES: dict[str, tuple[str, ...]] = {
    "administration": ("mar", "emar", "admin", "given", "pump", "infusion", "doses"),
    "patient": ("demographic", "person", "patients"),
    "encounter": ("visit", "admission", "stay", "hospitalization", "encounters"),
    "medication_order": ("order", "prescription"),
    "observation": ("vital", "flowsheet", "lab", "assessment", "measurement", "chartevents", "results"),
    "condition": ("diagnos", "problem", "dx", "icd"),
    "screening": ("checklist", "screen"),
    "medication": ("medlist", "history", "home_med"),
    "procedure": ("surger", "procedures"),
    "intervention": ("rescue", "escalation"),
    "stock": ("dispens", "waste", "adc", "pyxis"),
}
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?")
OTHER_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T,]+\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?)?")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Match:
    """A column of a file that may be one of the contract's."""

    column: str
    score: float
    why: str


def plain(name: str) -> str:
    """A name without case, blanks and marks."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def usual(contract: str, name: str) -> bool:
    """Whether a column is called so, or as other systems usually call it."""
    return plain(name) in {plain(each) for each in (contract, *USUAL.get(contract, ()))}


def best(contract: Mapping[str, Any], columns: Mapping[str, Mapping[str, int]]) -> Match | None:
    """The column whose name and values fit one of the contract's; None when no name resembles it, or the values contradict."""
    name = str(contract["name"])
    found: list[Match] = []
    for column, values in columns.items():
        last = re.split(r"[.\]]", column)[-1] or column
        if plain(name) in (plain(column), plain(last)):
            score, why = 1.0, "the same name"
        elif usual(name, column) or usual(name, last):
            score, why = 0.95, "a usual name for it"
        else:
            score = SequenceMatcher(None, plain(name), plain(column)).ratio()
            why = "PROPOSED, please check: the name resembles it"
        if score >= NEAR and (told := _told_by(contract, values)) is not None:
            found.append(Match(column, score + (0.01 if told else 0), f"{why}{told}"))
    return max(found, key=lambda each: each.score, default=None)


def _told_by(contract: Mapping[str, Any], values: Mapping[str, int]) -> str | None:
    """What the values say for it; None when they say that it is something else."""
    if not values:
        return "; it is empty"
    kind = contract["type"]
    if kind == "instant":
        iso, other = share(values, ISO_TIME), share(values, OTHER_TIME)
        return ", and its values are times" if iso >= FITS else "" if other >= FITS or share(values, NUMBER) >= FITS else None
    if kind in ("number", "count"):
        return ", and its values are numbers" if share(values, NUMBER) >= FITS else None
    if kind == "choice":
        known = sum(value.lower() in contract["allowed"] for value in values)
        return f", and {known} of its {len(values)} values are words of the contract" if known else ""
    if kind in ("name", "text") and contract["name"] not in ("value", "code") and share(values, ISO_TIME) >= FITS:
        return None
    return ""


def share(values: Mapping[str, int], pattern: re.Pattern[str]) -> float:
    """The share of the different values that a pattern describes."""
    return sum(pattern.fullmatch(value) is not None for value in values) / len(values) if values else 0.0
