"""The same clinic as tables of the OMOP Common Data Model 5.4: every row of ours, as an ETL would leave it.

What the model has no column for (rates, the pump's weight, orders) stands in ``sig`` as facts, by the convention of the import format.
Stock movements have no table.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from infusion_audit.sample import clock
from infusion_audit.sample.clinic import DEPARTMENTS, SITES
from infusion_audit.sample.tables import COLUMNS

Cells = dict[str, str]

TABLES: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "person": """person_id gender_concept_id year_of_birth month_of_birth day_of_birth birth_datetime race_concept_id
            ethnicity_concept_id location_id provider_id care_site_id person_source_value gender_source_value""",
        "visit_occurrence": """visit_occurrence_id person_id visit_concept_id visit_start_date visit_start_datetime visit_end_date
            visit_end_datetime visit_type_concept_id provider_id care_site_id visit_source_value""",
        "drug_exposure": """drug_exposure_id person_id drug_concept_id drug_exposure_start_date drug_exposure_start_datetime
            drug_exposure_end_date drug_exposure_end_datetime verbatim_end_date drug_type_concept_id stop_reason refills quantity
            days_supply sig route_concept_id lot_number provider_id visit_occurrence_id visit_detail_id drug_source_value
            drug_source_concept_id route_source_value dose_unit_source_value""",
        "measurement": """measurement_id person_id measurement_concept_id measurement_date measurement_datetime
            measurement_type_concept_id operator_concept_id value_as_number value_as_concept_id unit_concept_id range_low range_high
            provider_id visit_occurrence_id measurement_source_value measurement_source_concept_id unit_source_value value_source_value""",
        "observation": """observation_id person_id observation_concept_id observation_date observation_datetime
            observation_type_concept_id value_as_number value_as_string value_as_concept_id qualifier_concept_id unit_concept_id
            provider_id visit_occurrence_id observation_source_value observation_source_concept_id unit_source_value
            qualifier_source_value value_source_value""",
        "condition_occurrence": """condition_occurrence_id person_id condition_concept_id condition_start_date condition_start_datetime
            condition_end_date condition_end_datetime condition_type_concept_id condition_status_concept_id visit_occurrence_id
            condition_source_value condition_source_concept_id condition_status_source_value""",
        "procedure_occurrence": """procedure_occurrence_id person_id procedure_concept_id procedure_date procedure_datetime
            procedure_end_date procedure_end_datetime procedure_type_concept_id visit_occurrence_id procedure_source_value""",
        "care_site": "care_site_id care_site_name place_of_service_concept_id location_id care_site_source_value",
        "location": "location_id location_source_value",
    }.items()
}

DRUG = {"ketamine": "785649", "midazolam": "708298", "propofol": "753626", "gabapentin": "797399", "amitriptyline": "710062"}
ROUTE = {"iv": "4171047", "im": "4302612", "po": "4132161", "sc": "4142048", "in": "4262914", "epidural": "4225555"}
SEX = {"female": "8532", "male": "8507", "other": "8521", "unknown": "8551"}
KIND = {
    "weight": "3025315", "weight measured": "3013762", "weight stated": "3023166", "height": "3036277", "height measured": "3023540",
    "respiratory_rate": "3024171", "spo2": "40762499", "heart_rate": "3027018", "systolic_bp": "3004249", "diastolic_bp": "3012888",
    "alt": "3006923", "ast": "3013721", "bilirubin": "3024128",
}  # fmt: skip
UNIT = {"kg": "9529", "lb": "8739", "cm": "8582", "mmHg": "8876", "%": "8554", "/min": "8541", "U/L": "8645", "mg/dL": "8840"}
RESULT = {"negative": "9189", "positive": "9191"}
SURVEYED = frozenset(("psychomimetic", "cadss", "bprs", "kset"))
SYSTEM = {"icd10cm": "ICD10CM", "snomed": "SNOMED", "other": "ICD9CM"}
CATEGORY = {"problem_list": "32840", "encounter": "32827"}
ADMINISTERED, PRESCRIBED, STATED, EHR = "32818", "32838", "32865", "32817"
PLACES = [(site, department) for site in SITES for departments in DEPARTMENTS.values() for department in departments]

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_IDENTITY = re.compile(r"E?([A-Z])([0-9]{7})(?:-([0-9]+))?")
_BASE = {"P": 10_000_000, "W": 900_000_000, "X": 950_000_000}
_ZONE = ZoneInfo(clock.ZONE_NAME)


class Numbering:
    """Gives rows that have no identity of their own one."""

    def __init__(self) -> None:
        self._next = {"drug_exposure": count(1_600_000_000)}

    def of(self, table: str) -> str:
        return str(next(self._next.setdefault(table, count(1))))


def places() -> Iterator[tuple[str, str]]:
    """The lines of the tables that say where people are treated."""
    for number, site in enumerate(SITES, 1):
        yield "location", _line("location", {"location_id": str(number), "location_source_value": site})
    for number, (site, department) in enumerate(PLACES, 1):
        cells = {"care_site_id": str(number), "care_site_name": department, "location_id": str(SITES.index(site) + 1)}
        yield "care_site", _line("care_site", cells)


def rows(table: str, lines: list[str], numbering: Numbering) -> Iterator[tuple[str, str]]:
    """The tables and lines that say what these CSV lines of a table of ours say."""
    for line in lines:
        cells = next(csv.reader([line])) if '"' in line else line.rstrip("\n").split(",")
        target, row = ROW[table](dict(zip(COLUMNS[table], cells, strict=True)))
        own = TABLES[target][0]
        if own not in row:
            row[own] = numbering.of(target)
        yield target, _line(target, row)


def _line(table: str, row: Cells) -> str:
    cells = [row.get(column, "") for column in TABLES[table]]
    return ",".join('"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell for cell in cells) + "\n"


def _id(text: str) -> str:
    """An identity as the number that OMOP wants; what is none of ours stays as it is."""
    found = _IDENTITY.fullmatch(text)
    if not found:
        return text
    kind, number, part = found.groups()
    if kind in "AO":
        return str(int(number) * 1000 + int(part or 0))
    return str(_BASE.get(kind, 0) + int(number))


def _person(name: str) -> str:
    return name.rpartition("-")[2]


def _time(text: str) -> str:
    """A local time without an offset."""
    if text.endswith("Z"):
        try:
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        except ValueError:
            return text
    return text[:19].replace("T", " ")


def _facts(**facts: str) -> str:
    return "; ".join(f"{name}={text}" for name, cell in facts.items() if (text := cell.strip()))


def _patient(row: Cells) -> tuple[str, Cells]:
    year, month, day = [*row["birth_date"].split("-"), "", "", ""][:3]
    return "person", {
        "person_id": _id(row["patient_id"]),
        "gender_concept_id": SEX.get(row["sex"], "0"),
        "year_of_birth": year,
        "month_of_birth": month,
        "day_of_birth": day,
        "birth_datetime": f"{row['birth_date']} 00:00:00" if row["birth_date"] else "",
        "race_concept_id": "0",
        "ethnicity_concept_id": "0",
        "person_source_value": row["patient_id"],
        "gender_source_value": row["sex"],
    }


def _encounter(row: Cells) -> tuple[str, Cells]:
    start, end, place = _time(row["started_at"]), _time(row["ended_at"]), (row["site_id"], row["department"])
    return "visit_occurrence", {
        "visit_occurrence_id": _id(row["encounter_id"]),
        "person_id": _id(row["patient_id"]),
        "visit_concept_id": "9202",
        "visit_start_date": start[:10],
        "visit_start_datetime": start,
        "visit_end_date": (end or start)[:10],
        "visit_end_datetime": end,
        "visit_type_concept_id": EHR,
        "care_site_id": str(PLACES.index(place) + 1) if place in PLACES else "",
        "visit_source_value": row["encounter_id"],
    }


def _order(row: Cells) -> tuple[str, Cells]:
    return "drug_exposure", {
        **_exposure(row, "ketamine", _time(row["ordered_at"]), "", PRESCRIBED),
        "drug_exposure_id": _id(row["order_id"]),
        "provider_id": _person(row["prescriber_id"]),
        "visit_occurrence_id": _id(row["encounter_id"]),
        "sig": _facts(
            context=row["context"],
            indication=row["indication"],
            dosing_weight=f"{row['dosing_weight']} {row['dosing_weight_unit']}",
            concentration=f"{row['concentration']} {row['concentration_unit']}",
        ),
    }


def _administration(row: Cells) -> tuple[str, Cells]:
    return "drug_exposure", {
        **_exposure(row, row["product"] or "ketamine", _time(row["started_at"]), _time(row["stopped_at"]), ADMINISTERED),
        "drug_exposure_id": _id(row["administration_id"]),
        "stop_reason": row["status"],
        "quantity": row["dose"],
        "dose_unit_source_value": row["dose_unit"],
        "route_concept_id": ROUTE.get(row["route"], "0"),
        "route_source_value": row["route"],
        "provider_id": _person(row["performer_id"]),
        "visit_occurrence_id": _id(row["encounter_id"]),
        "sig": _facts(
            event=row["event"],
            rate=f"{row['rate']} {row['rate_unit']}",
            volume=f"{row['volume_ml']} mL" if row["volume_ml"] else "",
            concentration=f"{row['concentration']} {row['concentration_unit']}",
            pump_weight=f"{row['pump_weight']} {row['pump_weight_unit']}",
            delivered=row["delivered_count"],
            total=f"{row['total_dose']} {row['total_dose_unit']}",
            source=row["source"],
            line=row["line_id"],
            order=_id(row["order_id"]),
            recorded=_time(row["recorded_at"]),
        ),
    }


def _medication(row: Cells) -> tuple[str, Cells]:
    return "drug_exposure", {
        **_exposure(row, row["drug"], _time(row["started_at"]), _time(row["ended_at"]), STATED if row["origin"] == "form" else PRESCRIBED),
        "days_supply": row["days_supply"],
        "sig": _facts(**{"class": row["drug_class"]}, outcome=row["outcome"], mme_per_day=row["mme_per_day"]),
    }


def _exposure(row: Cells, drug: str, start: str, end: str, kind_of_record: str) -> Cells:
    return {
        "person_id": _id(row["patient_id"]),
        "drug_concept_id": DRUG.get(drug, "0"),
        "drug_exposure_start_date": start[:10],
        "drug_exposure_start_datetime": start,
        "drug_exposure_end_date": (end or start)[:10],
        "drug_exposure_end_datetime": end,
        "drug_type_concept_id": kind_of_record,
        "drug_source_value": drug,
    }


def _observation(row: Cells) -> tuple[str, Cells]:
    table = "observation" if row["kind"] in SURVEYED else "measurement"
    named = " ".join(filter(None, (row["kind"], row["method"], row["laterality"])))
    is_number, at = _NUMBER.fullmatch(row["value"]), _time(row["effective_at"])
    return table, {
        "person_id": _id(row["patient_id"]),
        f"{table}_concept_id": KIND.get(named, "0"),
        f"{table}_date": at[:10],
        f"{table}_datetime": at,
        f"{table}_type_concept_id": EHR,
        "value_as_number": row["value"] if is_number else "",
        "value_as_concept_id": RESULT.get(row["value"], ""),
        "unit_concept_id": UNIT.get(row["unit"], ""),
        "unit_source_value": row["unit"],
        "range_high": row["upper_limit"],
        "visit_occurrence_id": _id(row["encounter_id"]),
        f"{table}_source_value": named,
        "value_source_value": row["value"],
    }


def _screening(row: Cells) -> tuple[str, Cells]:
    at = _time(row["answered_at"])
    return "observation", {
        "person_id": _id(row["patient_id"]),
        "observation_concept_id": "0",
        "observation_date": at[:10],
        "observation_datetime": at,
        "observation_type_concept_id": EHR,
        "value_as_string": row["answer"],
        "visit_occurrence_id": _id(row["encounter_id"]),
        "observation_source_value": row["item"],
        "qualifier_source_value": row["role"],
    }


def _condition(row: Cells) -> tuple[str, Cells]:
    start, end = _time(row["onset_at"] or row["recorded_at"]), _time(row["resolved_at"])
    return "condition_occurrence", {
        "person_id": _id(row["patient_id"]),
        "condition_concept_id": "0",
        "condition_start_date": start[:10],
        "condition_start_datetime": start,
        "condition_end_date": end[:10],
        "condition_end_datetime": end,
        "condition_type_concept_id": CATEGORY.get(row["category"], EHR),
        "visit_occurrence_id": _id(row["encounter_id"]),
        "condition_source_value": f"{SYSTEM.get(row['code_system'], row['code_system'])}:{row['code']}",
        "condition_status_source_value": row["present_on_admission"],
    }


def _procedure(row: Cells) -> tuple[str, Cells]:
    return _performed(row, row["ended_at"])


def _intervention(row: Cells) -> tuple[str, Cells]:
    return _performed(row, row["performed_at"])


def _performed(row: Cells, when: str) -> tuple[str, Cells]:
    at = _time(when)
    return "procedure_occurrence", {
        "person_id": _id(row["patient_id"]),
        "procedure_concept_id": "0",
        "procedure_date": at[:10],
        "procedure_datetime": at,
        "procedure_end_date": at[:10],
        "procedure_end_datetime": at,
        "procedure_type_concept_id": EHR,
        "procedure_source_value": row["kind"],
    }


ROW: dict[str, Callable[[Cells], tuple[str, Cells]]] = {
    "patient": _patient,
    "encounter": _encounter,
    "medication_order": _order,
    "administration": _administration,
    "observation": _observation,
    "condition": _condition,
    "screening": _screening,
    "medication": _medication,
    "procedure": _procedure,
    "intervention": _intervention,
}
