"""The same clinic as FHIR R4 resources: every row of a table, as an NDJSON export would hold it.

What FHIR has no element for comes as an extension or a code of the product's own system, as a site's profile would do it.
Stock movements have no resource here: R4 knows dispensing, but neither waste nor witnesses.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from infusion_audit.sample import clock
from infusion_audit.sample.tables import COLUMNS

Cells = dict[str, str]
Resource = dict[str, Any]

OWN = "urn:infusion-audit:"
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
PANEL = ("systolic_bp", "diastolic_bp")
OBSERVATION = {
    "weight measured": "3141-9", "weight stated": "3142-7", "weight ": "29463-7", "height measured": "3137-7", "height stated": "3138-5",
    "height ": "8302-2", "respiratory_rate ": "9279-1", "spo2 ": "59408-5", "etco2 ": "19889-5", "systolic_bp ": "8480-6",
    "diastolic_bp ": "8462-4", "heart_rate ": "8867-4", "pain_nrs ": "72514-3", "alt ": "1742-6", "ast ": "1920-8",
    "bilirubin ": "1975-2", "icp ": "60956-0",
}  # fmt: skip
UNIT = {"lb": "[lb_av]", "mmHg": "mm[Hg]"}
SIDE = {"left": "7771000", "right": "24028007", "both": "51440002"}
ROUTE = {"iv": "47625008", "im": "78421000", "po": "26643006", "sc": "34206005", "in": "46713006"}
STATUS = {
    "": "completed", "in_progress": "in-progress", "held": "on-hold", "refused": "not-done", "not_given": "not-done",
    "entered_in_error": "entered-in-error",
}  # fmt: skip
SYSTEM = {"icd10cm": "http://hl7.org/fhir/sid/icd-10-cm", "snomed": SNOMED, "other": "http://hl7.org/fhir/sid/icd-9-cm"}
CATEGORY = {"encounter": "encounter-diagnosis", "problem_list": "problem-list-item"}

FILE = {
    "patient": "Patient", "encounter": "Encounter", "medication_order": "MedicationRequest",
    "administration": "MedicationAdministration", "observation": "Observation", "condition": "Condition",
    "screening": "QuestionnaireResponse", "medication": "MedicationStatement", "procedure": "Procedure", "intervention": "Intervention",
}  # fmt: skip
"""The file that the rows of a table are written to, by its name without the ending."""


def ndjson(table: str, lines: list[str]) -> Iterator[str]:
    """The lines of the resources that say what these CSV lines of a table say."""
    split = (next(csv.reader([line])) if '"' in line else line.rstrip("\n").split(",") for line in lines)
    rows = [dict(zip(COLUMNS[table], cells, strict=True)) for cells in split]
    for resource in (
        _screenings(rows) if table == "screening" else _observations(rows) if table == "observation" else map(RESOURCE[table], rows)
    ):
        yield json.dumps(_filled(resource), ensure_ascii=False, separators=(",", ":")) + "\n"


def _filled(value: Any) -> Any:
    """A value without what is empty in it, as FHIR wants it."""
    if isinstance(value, dict):
        parts = {key: _filled(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
        return {key: each for key, each in parts.items() if each not in ("", None, {}, [])}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [each for each in map(_filled, value) if each not in ("", None, {}, [])]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value


def _number(text: str) -> Any:
    """A number as JSON has it; what is none stays a text."""
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _time(text: str) -> str:
    """A time with its offset; where the clocks are about to change, and where it is no time at all, as it stands."""
    if not LOCAL.fullmatch(text):
        return text
    try:
        day = date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        return text
    if clock.clocks_change_before_noon_of(day) and text[11:13] < "12":
        return text
    return f"{text}-{clock.offset(day) // clock.HOUR:02d}:00"


def _reference(kind: str, identity: str) -> Resource:
    return {"reference": f"{kind}/{identity}"} if identity else {}


def _code(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]} if code else {}


def _own(kind: str, code: str) -> Resource:
    return _code(OWN + kind, code)


def _quantity(value: str, unit: str) -> Resource:
    return {"value": _number(value), "unit": unit} if value or unit else {}


def _extension(name: str, kind: str, value: Any) -> Resource:
    return {"url": OWN + name, f"value{kind}": value} if value not in ("", None, {}) else {}


def _patient(row: Cells) -> Resource:
    return {"resourceType": "Patient", "id": row["patient_id"], "gender": row["sex"], "birthDate": row["birth_date"]}


def _encounter(row: Cells) -> Resource:
    place = {"reference": f"Location/{row['department']}", "display": row["department"]} if row["department"] else {}
    return {
        "resourceType": "Encounter",
        "id": row["encounter_id"],
        "status": "finished" if row["ended_at"] else "in-progress",
        "subject": _reference("Patient", row["patient_id"]),
        "period": {"start": _time(row["started_at"]), "end": _time(row["ended_at"])},
        "location": [{"location": place}],
        "serviceProvider": _reference("Organization", row["site_id"]),
    }


def _order(row: Cells) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": row["order_id"],
        "extension": [
            _extension("context", "Code", row["context"]),
            _extension("dosing_weight", "Quantity", _quantity(row["dosing_weight"], row["dosing_weight_unit"])),
            _extension("concentration", "Quantity", _quantity(row["concentration"], row["concentration_unit"])),
        ],
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": _own("product", "ketamine"),
        "subject": _reference("Patient", row["patient_id"]),
        "encounter": _reference("Encounter", row["encounter_id"]),
        "requester": _reference("Practitioner", row["prescriber_id"]),
        "authoredOn": _time(row["ordered_at"]),
        "reasonCode": [_own("indication", row["indication"])],
    }


def _administration(row: Cells) -> Resource:
    start, stop = _time(row["started_at"]), _time(row["stopped_at"])
    return {
        "resourceType": "MedicationAdministration",
        "id": row["administration_id"],
        "extension": [
            _extension("source", "Code", row["source"]),
            _extension("volume_ml", "Decimal", _number(row["volume_ml"])),
            _extension("concentration", "Quantity", _quantity(row["concentration"], row["concentration_unit"])),
            _extension("pump_weight", "Quantity", _quantity(row["pump_weight"], row["pump_weight_unit"])),
            _extension("delivered_count", "Integer", _number(row["delivered_count"])),
            _extension("total_dose", "Quantity", _quantity(row["total_dose"], row["total_dose_unit"])),
            _extension("recorded_at", "DateTime", _time(row["recorded_at"])),
        ],
        "status": STATUS.get(row["status"], row["status"]),
        "medicationCodeableConcept": _own("product", row["product"] or "ketamine"),
        "subject": _reference("Patient", row["patient_id"]),
        "context": _reference("Encounter", row["encounter_id"]),
        "effectiveDateTime": "" if stop else start,
        "effectivePeriod": {"start": start, "end": stop} if stop else {},
        "performer": [{"actor": _reference("Practitioner", row["performer_id"])}],
        "request": _reference("MedicationRequest", row["order_id"]),
        "device": [_reference("Device", row["line_id"])],
        "dosage": {
            "route": _code(SNOMED, ROUTE[row["route"]]) if row["route"] in ROUTE else _own("route", row["route"]),
            "method": _own("event", row["event"]),
            "dose": _quantity(row["dose"], row["dose_unit"]),
            "rateQuantity": _quantity(row["rate"], row["rate_unit"]),
        },
    }


def _observations(rows: list[Cells]) -> Iterator[Resource]:
    """Observations; the two pressures of one reading are components of one."""
    waiting: Cells | None = None
    for row in rows:
        if waiting and row["kind"] == PANEL[1] and all(row[name] == waiting[name] for name in row if name not in ("kind", "value", "unit")):
            parts = [{"code": _observed(each), **_value(each)} for each in (waiting, row)]
            yield {**_observation(row), "code": _code(LOINC, "85354-9"), "component": parts}
            waiting = None
            continue
        if waiting:
            yield {**_observation(waiting), **_value(waiting)}
        waiting = row if row["kind"] == PANEL[0] and row["value"] else None
        if not waiting:
            yield {**_observation(row), **_value(row)}
    if waiting:
        yield {**_observation(waiting), **_value(waiting)}


def _observation(row: Cells) -> Resource:
    told = f"{row['kind']} {row['method']}" in OBSERVATION
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _observed(row),
        "subject": _reference("Patient", row["patient_id"]),
        "encounter": _reference("Encounter", row["encounter_id"]),
        "effectiveDateTime": _time(row["effective_at"]),
        "issued": _time(row["recorded_at"]),
        "method": {} if told else {"text": row["method"]},
        "bodySite": _code(SNOMED, SIDE.get(row["laterality"], "")),
        "referenceRange": [{"high": {"value": _number(row["upper_limit"])}}],
    }


def _observed(row: Cells) -> Resource:
    code = OBSERVATION.get(f"{row['kind']} {row['method']}") or OBSERVATION.get(f"{row['kind']} ")
    return _code(LOINC, code) if code else _own("observation", row["kind"])


def _value(row: Cells) -> Resource:
    value, unit = row["value"], row["unit"]
    if unit:
        return {"valueQuantity": {"value": _number(value), "unit": unit, "system": UCUM, "code": UNIT.get(unit, unit)}}
    if row["kind"] in ("psychomimetic", "hcg"):
        return {"valueCodeableConcept": _own("value", value)}
    return {"valueInteger": int(value)} if value.lstrip("-").isdecimal() else {"valueString": value}


def _condition(row: Cells) -> Resource:
    return {
        "resourceType": "Condition",
        "extension": [_extension("present_on_admission", "Code", row["present_on_admission"])],
        "clinicalStatus": _code("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved" if row["resolved_at"] else "active"),
        "category": [_code("http://terminology.hl7.org/CodeSystem/condition-category", CATEGORY.get(row["category"], row["category"]))],
        "code": _code(SYSTEM.get(row["code_system"], row["code_system"]), row["code"]),
        "subject": _reference("Patient", row["patient_id"]),
        "encounter": _reference("Encounter", row["encounter_id"]),
        "onsetDateTime": _time(row["onset_at"]),
        "abatementDateTime": _time(row["resolved_at"]),
        "recordedDate": _time(row["recorded_at"]),
    }


def _screenings(rows: list[Cells]) -> Iterator[Resource]:
    """One response for the answers that one person gave at one time."""
    for _, group in groupby(rows, key=lambda row: (row["patient_id"], row["encounter_id"], row["answered_at"], row["role"])):
        answers = list(group)
        first = answers[0]
        yield {
            "resourceType": "QuestionnaireResponse",
            "status": "completed",
            "subject": _reference("Patient", first["patient_id"]),
            "encounter": _reference("Encounter", first["encounter_id"]),
            "authored": _time(first["answered_at"]),
            "author": {"display": first["role"]},
            "item": [{"linkId": row["item"], "answer": [_answer(row["answer"])]} for row in answers],
        }


def _answer(word: str) -> Resource:
    return {"valueBoolean": word == "yes"} if word in ("yes", "no") else {"valueString": word}


def _statement(row: Cells) -> Resource:
    return {
        "resourceType": "MedicationStatement",
        "extension": [
            _extension("days_supply", "Decimal", _number(row["days_supply"])),
            _extension("mme_per_day", "Decimal", _number(row["mme_per_day"])),
            _extension("outcome", "Code", row["outcome"]),
        ],
        "status": "completed" if row["ended_at"] else "active",
        "medicationCodeableConcept": {**_own("drug-class", row["drug_class"]), "text": row["drug"]},
        "subject": _reference("Patient", row["patient_id"]),
        "effectivePeriod": {"start": _time(row["started_at"]), "end": _time(row["ended_at"])},
        "informationSource": _reference("Patient", row["patient_id"]) if row["origin"] == "form" else {},
    }


def _procedure(row: Cells) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": _own("procedure", row["kind"]),
        "subject": _reference("Patient", row["patient_id"]),
        "performedDateTime": _time(row["ended_at"]),
    }


def _intervention(row: Cells) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": _own("intervention", row["kind"]),
        "subject": _reference("Patient", row["patient_id"]),
        "performedDateTime": _time(row["performed_at"]),
    }


RESOURCE: dict[str, Callable[[Cells], Resource]] = {
    "patient": _patient,
    "encounter": _encounter,
    "medication_order": _order,
    "administration": _administration,
    "condition": _condition,
    "medication": _statement,
    "procedure": _procedure,
    "intervention": _intervention,
}
