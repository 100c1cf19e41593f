"""FHIR R4, by a hospital small enough to read: what every kind of resource becomes, and what becomes of those that lie."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.errors import UserError
from infusion_audit.load import LoadResult, load

from ..support.product import PROTOCOL
from .conftest import reconstruct

Resource = dict[str, Any]

RXNORM, SNOMED, LOINC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct", "http://loinc.org"
KETAMINE = {"coding": [{"system": RXNORM, "code": "6130", "display": "ketamine"}]}
IV = {"coding": [{"system": SNOMED, "code": "47625008", "display": "Intravenous route"}]}
PUSH = {"coding": [{"system": SNOMED, "code": "420620005", "display": "Push"}]}


def at(clock: str) -> str:
    return f"2026-06-15T{clock}:00+02:00"


def quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def given(identity: str = "a1", *, dosage: Resource | None = None, patient: str = "p1", **changed: Any) -> Resource:
    """An administration of ketamine as R4 writes it: 20 mg pushed at ten."""
    resource: Resource = {
        "resourceType": "MedicationAdministration",
        "id": identity,
        "status": "completed",
        "medicationCodeableConcept": KETAMINE,
        "subject": {"reference": f"Patient/{patient}", "display": "not read"},
        "context": {"reference": "Encounter/e1"} if patient == "p1" else None,
        "effectiveDateTime": at("10:00"),
        "request": {"reference": "MedicationRequest/o1"} if patient == "p1" else None,
        "dosage": {"route": IV, "method": PUSH, "dose": quantity(20, "mg"), **(dosage or {})},
    }
    return {key: value for key, value in {**resource, **changed}.items() if value is not None}


def infusion(identity: str = "i1", start: str = "10:00", end: str | None = "11:00", **dosage: Any) -> Resource:
    """A rate over a period."""
    period = {"start": at(start)} | ({"end": at(end)} if end else {})
    return given(identity, effectiveDateTime=None, effectivePeriod=period) | {"dosage": {"route": IV, **dosage}}


def rate(value: float, unit: str) -> Resource:
    return {"rateQuantity": quantity(value, unit)}


def patient(identity: str = "p1", **changed: Any) -> Resource:
    return {"resourceType": "Patient", "id": identity, "gender": "female", "birthDate": "1970-02-03", **changed}


def encounter(identity: str = "e1", of: str = "p1", **changed: Any) -> Resource:
    period = {"start": at("08:00"), "end": at("18:00")}
    place = [{"location": {"reference": "Location/l1", "display": "Pain clinic"}}]
    who = {"reference": f"https://fhir.example.org/r4/Patient/{of}"}
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "subject": who,
        "period": period,
        "location": place,
        **changed,
    }


def order(identity: str = "o1", of: str = "p1", **changed: Any) -> Resource:
    weight = {"url": "urn:infusion-audit:dosing_weight", "valueQuantity": quantity(80, "kg")}
    resource: Resource = {"resourceType": "MedicationRequest", "id": identity, "status": "active", "intent": "order"}
    return {**resource, "medicationCodeableConcept": KETAMINE, "subject": {"reference": f"Patient/{of}"}, "extension": [weight], **changed}


def observation(*codes: str, clock: str = "09:00", **changed: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code} for code in codes]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": at(clock),
        **changed,
    }


PLACE = (patient(), encounter(), order())


def ndjson(*resources: Resource | str) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in resources)


def apart(number: int, *resources: Resource) -> list[Resource]:
    """The resources with ids of their own, so that many small exports can be loaded as one."""
    text = re.sub(r"((?:Patient|Encounter|MedicationRequest)/\w+)", rf"\1-{number}", json.dumps(resources))
    return json.loads(re.sub(r'"id": "(\w+)"', rf'"id": "\1-{number}"', text))


@pytest.fixture
def warehouse() -> Connection:
    return connect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "export"
    path.mkdir()
    return path


def load_fhir(warehouse: Connection, folder: Path, *resources: Resource | str) -> LoadResult:
    if resources:
        (folder / "1.export.ndjson").write_text(ndjson(*resources))
    result = load(warehouse, [folder], source="fhir-r4")
    for file in result.inputs:
        assert file.received == file.loaded + file.quarantined + file.duplicates
    return result


def chart(warehouse: Connection, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(f"select {columns} from administration order by administration_id, event").fetchall()


def kept_out(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select table_name, line, reason, patient_id from quarantine where scope = 'row' order by line, patient_id"
    ).fetchall()


def verdicts(warehouse: Connection, rule: str) -> dict[str, tuple[str, str]]:
    """Verdict and reason of one rule by patient."""
    reconstruct(warehouse, Path(PROTOCOL), rule)
    query = "select patient_id, verdict, reason from verdict where rule_id = $rule"
    return {row[0]: (row[1], row[2]) for row in warehouse.execute(query, {"rule": rule}).fetchall()}


def test_a_push_is_read_with_its_people_order_route_and_time(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, given())
    assert chart(
        warehouse, "patient_id, encounter_id, order_id, event, product, route, started_at::varchar, dose::double, dose_unit, line"
    ) == [("p1", "e1", "o1", "bolus", "ketamine", "iv", "2026-06-15 08:00:00", 20, "mg", 4)]
    assert warehouse.execute("select patient_id, department, ended_at::varchar from encounter").fetchall() == [
        ("p1", "Pain clinic", "2026-06-15 16:00:00")
    ]
    assert warehouse.execute("select dosing_weight::double, dosing_weight_unit from medication_order").fetchall() == [(80, "kg")]
    assert verdicts(warehouse, "KD-01") == {"p1": ("compliant", "within_limit")}


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        (rate(20, "mg/h"), (20, "mg/h")),
        (rate(0.25, "mg/kg/h"), (0.25, "mg/kg/h")),
        (rate(4, "ug/kg/min"), (4, "ug/kg/min")),
        (rate(4, "ug/(kg.min)"), (4, "ug/kg/min")),
        ({"rateRatio": {"numerator": quantity(20, "mg"), "denominator": quantity(1, "h")}}, (20, "mg/h")),
        ({"rateRatio": {"numerator": quantity(500, "mL"), "denominator": quantity(24, "h")}}, (20.833333333, "mL/h")),
        (rate(19.999999552965164, "mg/h"), (19.999999553, "mg/h")),
    ],
    ids=["mass", "per kg", "micro", "brackets", "ratio", "ratio to a day", "binary float"],
)
def test_a_rate_over_a_period_is_an_infusion(warehouse: Connection, folder: Path, dosage: Resource, expected: tuple[float, str]) -> None:
    load_fhir(warehouse, folder, *PLACE, infusion(**dosage))
    assert chart(warehouse, "event, rate::double, rate_unit, stopped_at::varchar") == [("infusion", *expected, "2026-06-15 09:00:00")]


def test_an_amount_over_a_period_is_a_total_of_an_infusion_whose_rate_nobody_charted(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, infusion(dose=quantity(40, "mg")))
    assert chart(warehouse, "administration_id, event, rate, dose::double") == [
        ("i1", "infusion", None, None),
        ("i1#total", "infused_total", None, 40),
    ]
    assert verdicts(warehouse, "KD-02")["p1"][0] == "not_evaluable"
    verdicts(warehouse, "KD-07")
    assert warehouse.execute("select observed_low, observed_high from verdict where rule_id = 'KD-07'").fetchall() == [(0.5, 0.5)]


STATUSES: dict[str | None, tuple[str | None, bool]] = {
    "completed": ("completed", True),
    "in-progress": ("in_progress", True),
    "stopped": ("stopped", True),
    "on-hold": ("held", False),
    "not-done": ("not_given", False),
    "entered-in-error": ("entered_in_error", False),
    "unknown": (None, True),
    None: (None, True),
    "refused": (None, True),
    "not_given": (None, True),
    "COMPLETED": (None, True),
    "in_progress": (None, True),
}


def test_what_was_not_given_gives_nothing_and_what_nobody_knows_is_not_taken_for_given(warehouse: Connection, folder: Path) -> None:
    """A status in no map is unknown, also where it is a word of the product."""
    load_fhir(warehouse, folder, *(each for n, status in enumerate(STATUSES) for each in apart(n, *PLACE, given(status=status))))
    read = dict(warehouse.execute("select patient_id, status from administration").fetchall())
    assert read == {f"p1-{n}": status for n, (status, _) in enumerate(STATUSES.values())}
    reconstruct(warehouse, Path(PROTOCOL), "KD-07")
    sessions = {patient_id for (patient_id,) in warehouse.execute("select patient_id from session").fetchall()}
    assert sessions == {f"p1-{n}" for n, (_, is_session) in enumerate(STATUSES.values()) if is_session}


def test_an_infusion_on_hold_may_have_run_before(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, infusion(**rate(20, "mg/h")) | {"status": "on-hold"})
    assert chart(warehouse, "status, invalid") == [(None, ["status"])]


def test_a_referenced_medication_gives_the_product_and_its_strength(warehouse: Connection, folder: Path) -> None:
    strength = {"numerator": quantity(500, "mg"), "denominator": quantity(250, "mL")}
    bag = {"resourceType": "Medication", "id": "m1", "ingredient": [{"itemCodeableConcept": KETAMINE, "strength": strength}]}
    dose = infusion(**rate(10, "mL/h")) | {"medicationReference": {"reference": "Medication/m1"}}
    del dose["medicationCodeableConcept"]
    load_fhir(warehouse, folder, *PLACE, bag, dose)
    assert chart(warehouse, "product, rate::double, rate_unit, concentration::double, concentration_unit") == [
        ("ketamine", 10, "mL/h", 2, "mg/mL")
    ]


CONTRADICTIONS: list[tuple[Resource, str, list[str]]] = [
    (infusion(text="20 mg/h", **rate(200, "mg/h")), "text_contradicts_rate", ["p1"]),
    (infusion(text="run at 0.2 mg/min", **rate(20, "mg/h")), "text_contradicts_rate", ["p1"]),
    (infusion(dose=quantity(90, "mg"), **rate(20, "mg/h")), "dose_contradicts_rate", ["p1"]),
    (given(modifierExtension=[{"url": "http://x/cancelled", "valueBoolean": True}]), "modifier_extension", ["p1"]),
    (given(dosage={"modifierExtension": [{"url": "http://x/per", "valueCode": "kg"}]}), "modifier_extension", ["p1"]),
    (given(medicationCodeableConcept={"coding": [{}]}), "medication_missing", ["p1"]),
    (given(subject=None), "subject_missing", ["p1"]),
    (given(patient="p2", request={"reference": "MedicationRequest/o1"}), "order_of_another_patient", ["p1", "p2"]),
    (given(patient="p2", context={"reference": "Encounter/e1"}), "encounter_of_another_patient", ["p1", "p2"]),
    (given(medicationCodeableConcept=None), "medication_missing", ["p1"]),
    (given(medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}), "medication_not_found", ["p1"]),
    (given(medicationCodeableConcept={"text": "Ketamine 50 mg/mL inj"}), "product_not_mapped", ["p1"]),
    (
        given(medicationCodeableConcept={"coding": [*KETAMINE["coding"], {"system": RXNORM, "code": "8782"}]}),
        "product_contradictory",
        ["p1"],
    ),
]


def test_what_contradicts_itself_is_not_believed_and_acquits_nobody(warehouse: Connection, folder: Path) -> None:
    export: list[Resource] = []
    refused: list[tuple[Any, ...]] = []
    for number, (resource, reason, patients) in enumerate(CONTRADICTIONS):
        others = [given("b1"), given("b2", patient="p2", context=None, request={"reference": "MedicationRequest/o2"})]
        export += apart(number, *PLACE, patient("p2"), order("o2", "p2"), *others, resource | {"id": "liar"})
        refused += [("administration", len(export), reason, f"{each}-{number}") for each in patients]
    load_fhir(warehouse, folder, *export)
    assert kept_out(warehouse) == refused
    lost = {who for *_, who in refused}
    found = verdicts(warehouse, "KD-07")
    assert {who for who, (verdict, _) in found.items() if verdict == "not_evaluable"} == lost
    others = {f"{who}-{number}" for number in range(len(CONTRADICTIONS)) for who in ("p1", "p2")} - lost
    assert {who for who, (verdict, _) in found.items() if verdict == "compliant"} == others


MIXED: Resource = {"coding": [*KETAMINE["coding"], {"system": RXNORM, "code": "8782"}]}
MORE: Resource = {"effectiveDateTime": at("10:30"), "dosage": {"dose": quantity(200, "mg")}}
ALL_NAMES = "select product, event, reason from quarantine where scope = 'row'"


@pytest.mark.parametrize(
    ("drug", "products", "reason", "verdict"),
    [
        (MIXED, "ketamine or propofol", "product_contradictory", "not_evaluable"),
        (MIXED | {"text": "Ketamine 50mg/ml"}, "ketamine or propofol", "product_contradictory", "not_evaluable"),
        (KETAMINE | {"text": "Esketamine 28 mg nasal spray"}, "esketamine or ketamine", "product_contradictory", "not_evaluable"),
        ({"text": "Ketamine-Midazolam 50/5 mg syringe"}, "ketamine or midazolam", "product_not_mapped", "not_evaluable"),
        ({"text": "esketamine, or ketamine"}, "esketamine or ketamine", "product_not_mapped", "not_evaluable"),
        ({"text": "Esketamine nasal"}, "esketamine", "product_not_mapped", "compliant"),
    ],
    ids=["two codes", "two codes and a name", "a code and another name", "two names", "one in the other and alone", "one in the other"],
)
def test_a_drug_that_may_be_several_counts_as_lost_for_each(
    warehouse: Connection, folder: Path, drug: Resource, products: str, reason: str, verdict: str
) -> None:
    load_fhir(warehouse, folder, *PLACE, given(), given("a2", **MORE, medicationCodeableConcept=drug))
    assert warehouse.execute(ALL_NAMES).fetchall() == [(products, "bolus", reason)]
    assert verdicts(warehouse, "KD-07")["p1"][0] == verdict


def test_what_a_contradictory_method_did_may_have_been_anything(warehouse: Connection, folder: Path) -> None:
    method = {"coding": [{"system": "urn:infusion-audit:event", "code": "prime"}, *PUSH["coding"]]}
    load_fhir(warehouse, folder, *PLACE, given(), given("a2", dosage=MORE["dosage"] | {"method": method}))
    assert warehouse.execute(ALL_NAMES).fetchall() == [("ketamine", None, "method_contradictory")]
    assert verdicts(warehouse, "KD-07")["p1"] == ("not_evaluable", "row_kept_out")


@pytest.mark.parametrize(
    ("reference", "product", "refused"),
    [
        ({"display": "Ketamine HCl 50 mg/mL INJ"}, "ketamine", "product_not_mapped"),
        ({"reference": "Medication/absent", "display": "KETAMINE 500 MG/10 ML"}, "ketamine", "product_not_mapped"),
        ({"reference": "Medication/local", "display": "Ketamine 50 mg/mL"}, "ketamine", "product_not_mapped"),
        ({"display": "Ketalar"}, "ketamine", None),
        ({"display": "Paracetamol"}, "paracetamol", None),
    ],
    ids=["alone", "of nothing", "of a local code", "exact", "of another drug"],
)
def test_a_drug_that_only_its_reference_names_is_read_like_any_name(
    warehouse: Connection, folder: Path, reference: Resource, product: str, refused: str | None
) -> None:
    local = {"resourceType": "Medication", "id": "local", "code": {"coding": [{"system": "urn:local", "code": "4711"}]}}
    push = given("a2", **MORE, medicationCodeableConcept=None, medicationReference=reference)
    result = load_fhir(warehouse, folder, *PLACE, local, given(), push)
    assert warehouse.execute(ALL_NAMES).fetchall() == ([(product, "bolus", refused)] if refused else [])
    assert chart(warehouse, "product") == [("ketamine",), *([] if refused else [(product,)])]
    assert (("drug in no map", "paracetamol", 1) in result.notices) is (product == "paracetamol")


def medication(identity: str = "m1", drug: Resource | None = KETAMINE, **changed: Any) -> Resource:
    """A Medication of ketamine, with another strength in mg/mL where one is given."""
    return {"resourceType": "Medication", "id": identity, "code": drug, **changed}


def strength(numerator: Resource) -> Resource:
    return {"ingredient": [{"itemCodeableConcept": KETAMINE, "strength": {"numerator": numerator, "denominator": quantity(1, "mL")}}]}


OF_M1: Resource = {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/m1"}}
SALINE: Resource = {"coding": [{"system": RXNORM, "code": "9863", "display": "sodium chloride"}]}


@pytest.mark.parametrize(
    ("versions", "products"),
    [
        ([medication(), medication(drug={"coding": [{"system": "http://www.whocc.no/atc", "code": "N01AX14"}]})], "esketamine or ketamine"),
        ([medication(drug=SALINE), medication()], "ketamine"),
        ([medication(ingredient=[{"itemCodeableConcept": {"coding": MIXED["coding"][1:]}}])], "ketamine or propofol"),
        (
            [medication(drug=None, ingredient=[{"itemCodeableConcept": {"coding": [each]}} for each in MIXED["coding"]])],
            "ketamine or propofol",
        ),
    ],
    ids=["two drugs", "a drug and none", "its ingredient", "two ingredients"],
)
def test_a_medication_of_several_drugs_is_none_of_them(
    warehouse: Connection, folder: Path, versions: list[Resource], products: str
) -> None:
    load_fhir(warehouse, folder, *PLACE, *versions, given(), given("a2", **MORE, **OF_M1))
    assert warehouse.execute(ALL_NAMES).fetchall() == [(products, "bolus", "product_contradictory")]
    assert verdicts(warehouse, "KD-07")["p1"] == ("not_evaluable", "row_kept_out")


def test_of_several_versions_of_a_medication_the_latest_counts_and_equal_ones_are_one(warehouse: Connection, folder: Path) -> None:
    versions = [medication(drug=drug, meta={"lastUpdated": at(clock)}) for drug, clock in ((SALINE, "08:00"), (KETAMINE, "09:00"))]
    load_fhir(warehouse, folder, *PLACE, *versions, versions[1], given(**OF_M1))
    assert (chart(warehouse, "product"), kept_out(warehouse)) == ([("ketamine",)], [])


@pytest.mark.parametrize(
    ("bags", "extensions"),
    [
        ([strength(quantity(1, "mg")), strength(quantity(50, "mg"))], []),
        ([strength({"value": 1, "unit": "mcg", "code": "mg"})], []),
        ([strength({"value": 1, "unit": "mg", "comparator": ">"})], []),
        ([], [("concentration", quantity(1, "mg/mL")), ("concentration", quantity(50, "mg/mL"))]),
        ([], [("concentration", {"value": 1, "unit": "mcg/mL", "code": "mg/mL"})]),
        ([], [("concentration", {"value": 1, "unit": "mg/mL", "comparator": ">"})]),
    ],
    ids=["two strengths", "code and unit", "bound", "two extensions", "code and unit of one", "bound of one"],
)
def test_a_strength_that_is_said_in_two_ways_is_unknown(
    warehouse: Connection, folder: Path, bags: list[Resource], extensions: list[tuple[str, Resource]]
) -> None:
    said = [{"url": f"urn:infusion-audit:{name}", "valueQuantity": value} for name, value in extensions]
    dose = given(dosage={"dose": quantity(5, "mL")}, extension=said, **(OF_M1 if bags else {}))
    load_fhir(warehouse, folder, *PLACE, *(medication(**bag) for bag in bags), dose)
    assert not kept_out(warehouse)
    assert verdicts(warehouse, "KD-01")["p1"][0] == "not_evaluable"


@pytest.mark.parametrize(
    ("name", "value", "dosage"),
    [
        ("pump_weight", {"value": 80, "unit": "kg", "code": "[lb_av]"}, rate(0.1, "mg/kg/h")),
        ("volume_ml", quantity(0.1, "L"), {}),
        ("volume_ml", {"value": 10, "unit": "mL", "comparator": ">"}, {}),
    ],
    ids=["weight", "litres", "bound"],
)
def test_a_quantity_of_an_administration_is_read_with_its_comparator_and_unit(
    warehouse: Connection, folder: Path, name: str, value: Resource, dosage: Resource
) -> None:
    said = [{"url": f"urn:infusion-audit:{name}", "valueQuantity": value}]
    bag = {"url": "urn:infusion-audit:concentration", "valueQuantity": quantity(2, "mg/mL")}
    dose = infusion(**dosage) if dosage else given(dosage={"dose": None})
    load_fhir(warehouse, folder, *PLACE, dose | {"extension": [*said, bag]})
    assert verdicts(warehouse, "KD-07")["p1"][0] == "not_evaluable"


def test_a_volume_in_millilitres_is_read(warehouse: Connection, folder: Path) -> None:
    said = [("volume_ml", quantity(10, "ml")), ("concentration", quantity(2, "mg/mL"))]
    extension = [{"url": f"urn:infusion-audit:{name}", "valueQuantity": value} for name, value in said]
    load_fhir(warehouse, folder, *PLACE, given(dosage={"dose": None}, extension=extension))
    assert chart(warehouse, "volume_ml::double, invalid") == [(10, None)]
    assert verdicts(warehouse, "KD-07")["p1"] == ("compliant", "within_limit")


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [
        ({"value": 10, "unit": "mg", "comparator": ">"}, quantity(1, "h")),
        ({"value": 10, "unit": "mg", "comparator": ">"}, quantity(60, "min")),
        ({"value": 10, "unit": "mg", "code": "ug"}, quantity(1, "h")),
        (quantity(10, "mg"), {"value": 1, "unit": "h", "code": "min"}),
        (quantity(10, "mg"), {"value": 1, "unit": "h", "comparator": "<"}),
        (quantity(10, "mg"), quantity(0, "h")),
    ],
    ids=["bound", "bound in minutes", "unit", "time", "bound of time", "no time"],
)
def test_a_ratio_is_read_with_its_comparators_and_units(
    warehouse: Connection, folder: Path, numerator: Resource, denominator: Resource
) -> None:
    load_fhir(warehouse, folder, *PLACE, infusion(rateRatio={"numerator": numerator, "denominator": denominator}))
    assert chart(warehouse, "event") == [("infusion",)]
    assert warehouse.execute("select count(*) from quarantine where column_name = 'rate'").fetchall() in ([(1,)], [(0,)])
    assert verdicts(warehouse, "KD-07")["p1"][0] == "not_evaluable"


IM = {"coding": [{"system": SNOMED, "code": "78421000"}]}


def instructed(*routes: Resource | None) -> Resource:
    return {"dosageInstruction": [{"route": each} if each else {"text": "once"} for each in routes]}


ROUTES: list[tuple[Resource | None, list[Resource | None], str | None, str | None]] = [
    ({"text": "Intramuscular"}, [], None, "text|Intramuscular"),
    ({"text": "im"}, [], None, "text|im"),
    ({"coding": [{"system": "urn:x", "display": "Oral"}]}, [], None, "urn:x|Oral"),
    ({"coding": [{"system": "urn:oid:1", "code": "IN", "display": "Infusion"}]}, [], None, "urn:oid:1|IN"),
    ({"coding": [{"code": "PO"}]}, [], None, "no system|PO"),
    ({"coding": [{"system": "urn:x", "code": "7"}, *IV["coding"]], "text": "drip"}, [], "iv", None),
    ({"coding": [*IV["coding"], *IM["coding"]]}, [], None, "contradictory"),
    (None, [{"text": "Intramuscular"}], None, "text|Intramuscular"),
    (None, [IM], "im", None),
    (None, [IV, IM], None, "contradictory"),
    (None, [None, IM], None, "contradictory"),
    (None, [{"coding": [*IV["coding"], *IM["coding"]]}], None, "contradictory"),
    (IV, [IM], "iv", None),
    (None, [None], "iv", None),
]


def test_a_route_in_no_map_is_unknown_however_it_is_written(warehouse: Connection, folder: Path) -> None:
    export: list[Resource] = []
    for number, (route, order_routes, _, _) in enumerate(ROUTES):
        push = given(dosage={"route": route})
        push["dosage"] = {key: value for key, value in push["dosage"].items() if value}
        export += apart(number, patient(), encounter(), order(**instructed(*order_routes)), push)
    result = load_fhir(warehouse, folder, *export)
    read = dict(warehouse.execute("select patient_id, route from administration").fetchall())
    assert read == {f"p1-{number}": route for number, (*_, route, _) in enumerate(ROUTES)}
    unmapped = Counter(told for *_, told in ROUTES if told)
    assert set(result.notices) == {("route in no map", told, times) for told, times in unmapped.items()}
    assert (
        warehouse.execute("select column_name, reason, scope from quarantine").fetchall()
        == [("route", "not_allowed", "cell")] * unmapped.total()
    )


def test_an_order_that_is_exported_twice_is_one(warehouse: Connection, folder: Path) -> None:
    twice = order(**instructed(IM))
    push = given(dosage={"dose": quantity(20, "mg")})
    del push["dosage"]["route"]
    load_fhir(warehouse, folder, patient(), encounter(), twice, twice, push)
    assert chart(warehouse, "order_id, route") == [("o1", "im")]
    assert warehouse.execute("select order_id from medication_order").fetchall() == [("o1",)]


def test_copies_of_an_order_that_contradict_each_other_lend_no_route(warehouse: Connection, folder: Path) -> None:
    push = given(dosage={"dose": quantity(20, "mg")})
    del push["dosage"]["route"]
    load_fhir(warehouse, folder, patient(), encounter(), order(**instructed(IM)), order(**instructed(IV)), push)
    assert chart(warehouse, "route, invalid") == [(None, ["route"])]


def test_an_administration_whose_order_is_another_patients_in_one_copy_is_not_believed(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, patient("p2"), order("o1", "p2"), given())
    assert [row for row in kept_out(warehouse) if row[0] == "administration"] == [
        ("administration", 6, "order_of_another_patient", "p1"),
        ("administration", 6, "order_of_another_patient", "p2"),
    ]


def cut(reference: str, end: str = '"}') -> str:
    """An administration that breaks off after its subject."""
    return f'{{"resourceType": "MedicationAdministration", "id": "x", "subject": {{"reference": "{reference}{end}'


@pytest.mark.parametrize(
    ("line", "whose"),
    [
        (cut("Patient/p1", ""), None),
        (cut("Patient/p1"), "p1"),
        (cut("Patient/p12", "/_history/2"), "p12"),
        (cut(r"Patient\/p1"), "p1"),
        (cut(r"https:\/\/h\/fhir\/Patient\/p12\/_history\/1"), "p12"),
        (cut("urn:uuid:p12"), "p12"),
        (cut("urn:uuid:p1", ""), None),
        (cut("Patient/p1").replace('"subject"', '"performer": [{"actor": {"reference": "Patient/p12"}}], "subject"'), "p1"),
        (cut("Patient/p1").replace('"subject"', '"performer": [{"actor": {"reference": "urn:uuid:p12"}}], "subject"'), "p1"),
    ],
)
def test_a_broken_line_is_charged_to_the_patient_whose_id_it_says_to_the_end(
    warehouse: Connection, folder: Path, line: str, whose: str | None
) -> None:
    others = (patient("p12"), order("o12", "p12"), given("a12", patient="p12", request={"reference": "MedicationRequest/o12"}))
    load_fhir(warehouse, folder, *PLACE, *others, given(), line)
    assert kept_out(warehouse) == [("administration", 8, "not_json", whose)]
    found = verdicts(warehouse, "KD-07")
    assert {each for each, (verdict, _) in found.items() if verdict == "compliant"} == {"p1", "p12"} - {whose}


@pytest.mark.parametrize(
    ("changed", "reason", "whose"),
    [
        ({"subject": {"reference": "Group/p1"}}, "subject_missing", "p1"),
        ({"subject": {"reference": "https://h/fhir/Device/p1/_history/1"}, "context": None}, "subject_missing", "p1"),
        ({"subject": {"reference": "Group/p1"}, "context": None, "request": None}, "subject_missing", None),
    ],
    ids=["order", "device", "nobody"],
)
def test_a_group_or_device_is_no_patient(warehouse: Connection, folder: Path, changed: Resource, reason: str, whose: str | None) -> None:
    load_fhir(warehouse, folder, *PLACE, given(**changed))
    assert kept_out(warehouse) == [("administration", 4, reason, whose)]


def test_references_to_other_resources_are_no_orders_and_encounters(warehouse: Connection, folder: Path) -> None:
    push = given(context={"reference": "EpisodeOfCare/e1"}, request={"reference": "ServiceRequest/o1"})
    load_fhir(warehouse, folder, *PLACE, order("o2", subject={"reference": "Group/p1"}), push)
    assert chart(warehouse, "encounter_id, order_id") == [(None, None)]
    assert kept_out(warehouse) == [("medication_order", 4, "empty", None)]


def test_what_an_order_refers_to_and_the_export_lacks_is_counted(warehouse: Connection, folder: Path) -> None:
    lost = order(
        "o2", encounter={"reference": "Encounter/x"}, medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}
    )
    result = load_fhir(warehouse, folder, *PLACE, lost, given())
    assert result.notices == [
        ("reference to nothing", "MedicationRequest to Encounter", 1),
        ("reference to nothing", "MedicationRequest to Medication", 1),
    ]


HOUR: Resource = {"status": "completed", "effectivePeriod": {"start": at("11:00"), "end": at("12:00")}, "effectiveDateTime": None}
PUMP_80 = {"url": "urn:infusion-audit:pump_weight", "valueQuantity": quantity(80, "kg")}
TWO_MG = {"url": "urn:infusion-audit:concentration", "valueQuantity": quantity(2, "mg/mL")}


DOSES_BESIDE_RATES: list[tuple[Resource, Resource, Resource, bool]] = [
    (quantity(200, "mg"), quantity(10, "mg/h"), {"status": "stopped"}, True),
    (quantity(200_000, "ug"), quantity(10, "mg/h"), {}, True),
    (quantity(10_000, "ug"), quantity(10, "mg/h"), {}, False),
    (quantity(2.5, "mg/kg"), quantity(10, "mg/h"), {}, True),
    (quantity(0.125, "mg/kg"), quantity(10, "mg/h"), {}, False),
    (quantity(200, "mg"), quantity(0.1, "mg/kg/h"), {"extension": [PUMP_80]}, True),
    (quantity(8, "mg"), quantity(0.1, "mg/kg/h"), {"extension": [PUMP_80]}, False),
    (quantity(200, "mg"), quantity(0.1, "mg/kg/h"), {}, True),
    (quantity(100, "mL"), quantity(5, "mL/h"), {}, True),
    (quantity(5, "mL"), quantity(5, "mL/h"), {"extension": [TWO_MG]}, False),
    (quantity(100, "mL"), quantity(10, "mg/h"), {"extension": [TWO_MG]}, True),
    (quantity(5, "mL"), quantity(10, "mg/h"), {"extension": [TWO_MG]}, False),
    (quantity(200, "mg"), quantity(10, "mg/h"), {"status": "not-done"}, False),
]


def test_a_dose_beside_a_rate_must_agree_with_it_in_whatever_units(warehouse: Connection, folder: Path) -> None:
    drips = [
        given(f"a{number}", **HOUR | changed) | {"dosage": {"route": IV, "dose": dose, "rateQuantity": given_rate}}
        for number, (dose, given_rate, changed, _) in enumerate(DOSES_BESIDE_RATES)
    ]
    load_fhir(warehouse, folder, *PLACE, *drips)
    refused = [number for number, (*_, is_refused) in enumerate(DOSES_BESIDE_RATES) if is_refused]
    assert kept_out(warehouse) == [("administration", number + 4, "dose_contradicts_rate", "p1") for number in refused]


TEXTS = ("20 mg/h", "rate 0.333333 mg/min", "start 10 mg/h, now 20 mg/hr", "as needed for pain", "20 mL/h")


def test_a_text_that_agrees_or_says_nothing_of_the_rate_changes_nothing(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, *(infusion(text=text, **rate(20, "mg/h")) | {"id": text[:8]} for text in TEXTS))
    assert (chart(warehouse, "rate::double"), kept_out(warehouse)) == ([(20,)] * len(TEXTS), [])


def test_a_resource_cut_off_in_the_middle_is_a_lost_dose_of_its_patient(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, given("a1"), json.dumps(given("a2", effectiveDateTime=at("10:30")))[:-60])
    assert kept_out(warehouse) == [("administration", 5, "not_json", "p1")]
    assert verdicts(warehouse, "KD-07") == {"p1": ("not_evaluable", "row_kept_out")}


def in_a_bundle(resources: Sequence[Resource], indent: int | None) -> str:
    entries = [{"fullUrl": f"urn:uuid:{each.get('id', 'x')}", "resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=indent)


@pytest.mark.parametrize("form", ["bundle", "bundle in one line", "array", "gzip", "one file each", "bundle called ndjson"])
def test_the_same_resources_in_another_form_are_the_same_rows(warehouse: Connection, folder: Path, form: str) -> None:
    resources = [*PLACE, given("a1"), infusion("i1", "11:00", "12:00", **rate(20, "mg/h")), observation("9279-1", valueInteger=14)]
    if form == "one file each":
        for resource in resources:
            (folder / f"{resource['resourceType']}-{resource.get('id')}.ndjson").write_text(ndjson(resource))
    elif form == "gzip":
        (folder / "all.ndjson.gz").write_bytes(gzip.compress(ndjson(*resources).encode()))
    elif form == "array":
        (folder / "all.json").write_text(json.dumps(resources, indent=1))
    else:
        name = "all.ndjson" if form == "bundle called ndjson" else "all.json"
        (folder / name).write_text(in_a_bundle(resources, None if form == "bundle in one line" else 2))
    load_fhir(warehouse, folder)
    assert chart(warehouse, "administration_id, patient_id, event, dose::double, rate::double") == [
        ("a1", "p1", "bolus", 20, None),
        ("i1", "p1", "infusion", None, 20),
    ]
    counts = "(select count(*) from patient), (select count(*) from observation), (select count(*) from quarantine)"
    assert warehouse.execute(f"select {counts}").fetchall() == [(1, 1, 0)]
    assert verdicts(warehouse, "KD-07") == {"p1": ("compliant", "within_limit")}


def test_a_bundle_that_breaks_off_is_refused_with_its_line_and_the_way_out(warehouse: Connection, folder: Path) -> None:
    (folder / "all.json").write_text(in_a_bundle([*PLACE, given()], 1)[:-200])
    with pytest.raises(UserError, match=r"all\.json, line \d+: the JSON document breaks off.*\nExport it again; as NDJSON"):
        load_fhir(warehouse, folder)


WRONG: dict[str, tuple[str, Callable[[str], str | bytes], str]] = {
    "cut-off gzip": (
        "x.ndjson.gz",
        lambda text: gzip.compress(text.encode() * 50)[:-30],
        r"x\.ndjson\.gz is not a whole gzip file.*export or copy it again",
    ),
    "gzip called plain": ("x.ndjson", lambda text: gzip.compress(text.encode()), r"x\.ndjson, line 1: is packed with gzip"),
    "another encoding": ("x.ndjson", lambda text: text.encode("utf-16"), r"x\.ndjson, line 1: is UTF-16 text"),
    "another encoding without a mark": ("x.ndjson", lambda text: text.encode("utf-16-le"), r"x\.ndjson, line 1: is UTF-16 text"),
    "a login page": ("x.ndjson", lambda _: "<html>\n<body>Log in</body></html>\n", r"x\.ndjson, line 1: is no JSON.*\nExport it again"),
    "csv": ("x.ndjson", lambda _: "a,b\n1,2\n", r"x\.ndjson, line 1: is no JSON"),
    "xml": ("x.json", lambda _: '<Bundle xmlns="http://hl7.org/fhir"/>', r"x\.json, line 1: is no JSON"),
}


@pytest.mark.parametrize(("name", "spoil", "told"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_no_export_is_refused_with_its_line_and_the_way_out(
    warehouse: Connection, folder: Path, name: str, spoil: Callable[[str], str | bytes], told: str
) -> None:
    content = spoil(ndjson(*PLACE, given()))
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=told):
        load_fhir(warehouse, folder)
    assert warehouse.execute("select count(*) from administration").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "form", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"), lambda text: "\n" + text.replace("\n", "\n \n")]
)
def test_marks_and_line_ends_change_nothing(warehouse: Connection, folder: Path, form: Callable[[str], str]) -> None:
    (folder / "x.ndjson").write_bytes(form(ndjson(*PLACE, given("a1"), given("a2", effectiveDateTime=at("10:30")))).encode())
    load_fhir(warehouse, folder)
    assert (len(chart(warehouse, "line")), kept_out(warehouse)) == (2, [])


DAMAGED: dict[str, tuple[str, str | None]] = {
    '"status": "completed", "status": "entered-in-error"': ("duplicate_key", "p1"),
    '"status": "completed", "note": {"x": 1, "x": 2}': ("duplicate_key", "p1"),
    f'"status": "completed", "note": {"[" * 20_000}{"]" * 20_000}': ("not_json", "p1"),
    f'"status": "completed", "note": "{"x" * 10_000_000}"': ("", None),
    f'"status": "completed", "note": "{"x" * (33 << 20)}"': ("record_too_long", None),
    '"status": completed': ("not_json", "p1"),
    '"status": "com\\u0000pleted"': ("nul_byte", "p1"),
}


@pytest.mark.parametrize(
    ("text", "reason", "patient"),
    [(text, *answer) for text, answer in DAMAGED.items()],
    ids=["a key twice", "an unused key twice", "deep", "10 MB", "33 MB", "no text", "nul"],
)
def test_damage_costs_one_line_and_is_never_read_as_something_else(
    warehouse: Connection, folder: Path, text: str, reason: str, patient: str | None
) -> None:
    damaged = json.dumps(given("a1")).replace('"status": "completed"', text)
    assert damaged != json.dumps(given("a1"))
    load_fhir(warehouse, folder, *PLACE, damaged, given("a2", effectiveDateTime=at("10:30")))
    found = kept_out(warehouse)
    assert found == ([("administration", 4, reason, patient)] if reason else [])
    assert [row[0] for row in chart(warehouse, "administration_id")] == (["a2"] if reason else ["a1", "a2"])


def test_the_latest_version_is_the_latest_instant_whatever_the_offset(warehouse: Connection, folder: Path) -> None:
    versions = [
        given(dosage={"dose": quantity(dose, "mg")}, meta={"lastUpdated": f"2026-06-15T{clock}"})
        for dose, clock in ((20, "13:00:00+02:00"), (25, "12:00:00Z"))
    ]
    load_fhir(warehouse, folder, *PLACE, *versions)
    assert chart(warehouse, "dose::double") == [(25,)]


def test_the_latest_version_of_a_resource_counts(warehouse: Connection, folder: Path) -> None:
    versions = [
        given(dosage={"dose": quantity(dose, "mg")}, meta={"lastUpdated": at(clock)}) for dose, clock in ((20, "12:00"), (25, "13:00"))
    ]
    load_fhir(warehouse, folder, *PLACE, *reversed(versions))
    assert chart(warehouse, "dose::double") == [(25,)]


def test_two_versions_of_a_resource_without_a_time_are_both_kept_out(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, given(), given(dosage={"dose": quantity(25, "mg")}))
    assert kept_out(warehouse) == [("administration", 4, "conflicting_rows", "p1"), ("administration", 5, "conflicting_rows", "p1")]


def test_observations_and_components_are_read_by_code_and_unit(warehouse: Connection, folder: Path) -> None:
    pressure = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in (("8480-6", 131), ("8462-4", 78))
    ]
    answer = {"coding": [{"system": SNOMED, "code": "260385009", "display": "Negative"}]}
    load_fhir(
        warehouse,
        folder,
        *PLACE,
        given(),
        observation("85354-9", component=pressure),
        observation("3142-7", valueQuantity=quantity(180, "[lb_av]")),
        observation("2106-3", valueCodeableConcept=answer),
        observation("72514-3", valueInteger=0),
        observation("9279-1", dataAbsentReason={"text": "patient refused"}),
        observation("59408-5", valueQuantity=quantity(97, "%"), status="entered-in-error"),
    )
    found = warehouse.execute("select kind, value, unit, method from observation order by kind").fetchall()
    assert found == [
        ("diastolic_bp", "78", "mmHg", None),
        ("hcg", "negative", None, None),
        ("pain_nrs", "0", None, None),
        ("systolic_bp", "131", "mmHg", None),
        ("weight", "180", "lb", "stated"),
    ]
    kinds = {kind for (kind,) in warehouse.execute("select kind from coverage where table_name = 'observation'").fetchall()}
    assert kinds == {"diastolic_bp", "hcg", "pain_nrs", "systolic_bp", "weight"}


def test_a_value_that_is_only_a_bound_is_no_value(warehouse: Connection, folder: Path) -> None:
    """A pressure of more than 179 is not one of 179, which would acquit."""
    bound = {**quantity(179, "mm[Hg]"), "comparator": ">"}
    load_fhir(
        warehouse,
        folder,
        *PLACE,
        given(dosage={"dose": {**quantity(20, "mg"), "comparator": "<"}}),
        observation("8480-6", valueQuantity=bound),
    )
    assert warehouse.execute("select kind, value from observation").fetchall() == [("systolic_bp", None)]
    assert chart(warehouse, "dose") == [(None,)]
    found = warehouse.execute("select table_name, column_name, reason, scope from quarantine order by 1").fetchall()
    assert found == [("administration", "dose", "not_a_number", "cell"), ("observation", "value", "not_a_number", "cell")]


@pytest.mark.parametrize(("code", "unit", "read"), [("mg", "mcg", False), ("ug", "mcg", True), ("mg", "milligrams", True)])
def test_a_code_and_a_unit_that_disagree_a_thousandfold_are_not_believed(
    warehouse: Connection, folder: Path, code: str, unit: str, read: bool
) -> None:
    load_fhir(warehouse, folder, *PLACE, given(dosage={"dose": {"value": 20, "unit": unit, "code": code}}))
    assert (verdicts(warehouse, "KD-01")["p1"] == ("not_evaluable", "unit_unknown")) is not read


def test_a_weight_in_pounds_whose_code_says_kilograms_is_no_weight(warehouse: Connection, folder: Path) -> None:
    weight = observation("29463-7", valueQuantity={"value": 180, "unit": "lb", "code": "kg"})
    load_fhir(warehouse, folder, patient(), encounter(), order(extension=[]), given(), weight)
    assert verdicts(warehouse, "KD-01")["p1"][0] == "not_evaluable"


def test_a_drug_contained_in_the_resource_is_read_with_its_strength_and_is_that_of_no_other(warehouse: Connection, folder: Path) -> None:
    strength = {"numerator": quantity(500, "mg"), "denominator": quantity(50, "mL")}
    contained = {
        "resourceType": "Medication",
        "id": "m",
        "code": KETAMINE,
        "ingredient": [{"itemCodeableConcept": KETAMINE, "strength": strength}],
    }
    other = {"resourceType": "Medication", "id": "m", "code": {"text": "saline"}}
    here = {"medicationCodeableConcept": None, "medicationReference": {"reference": "#m"}}
    drip = infusion("a1", rateQuantity=quantity(4, "mL/h")) | {"contained": [contained]} | here
    load_fhir(warehouse, folder, *PLACE, {k: v for k, v in drip.items() if v}, given("a2", contained=[other], **here))
    assert chart(warehouse, "product, rate::varchar, concentration::double, concentration_unit") == [
        ("ketamine", "4.000000000", 10, "mg/mL"),
        ("saline", None, None, None),
    ]


def test_a_ratio_over_minutes_is_the_same_rate_as_one_over_the_hour(warehouse: Connection, folder: Path) -> None:
    """Half a milligram a kilogram in sixty minutes is the lower limit itself, not a little less."""
    ratio = {"numerator": quantity(0.5, "mg/kg"), "denominator": quantity(60, "min")}
    load_fhir(warehouse, folder, *PLACE, infusion(rateRatio=ratio))
    assert chart(warehouse, "rate::varchar, rate_unit") == [("0.500000000", "mg/kg/h")]
    assert verdicts(warehouse, "KD-03")["p1"] == ("compliant", "within_limit")


@pytest.mark.parametrize("text", ["Ketalar", "KETALAR 50 mg/mL vial"])
def test_a_brand_name_is_never_another_drug(warehouse: Connection, folder: Path, text: str) -> None:
    load_fhir(warehouse, folder, *PLACE, given(medicationCodeableConcept={"text": text}))
    assert chart(warehouse, "product") == [("ketamine",)] or kept_out(warehouse) == [("administration", 4, "product_not_mapped", "p1")]


def test_a_brand_name_is_its_drug(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, given(medicationCodeableConcept={"text": "Ketalar"}))
    assert chart(warehouse, "product") == [("ketamine",)]


def test_other_objects_with_entries_hold_no_resources_and_a_bundle_in_a_bundle_does(warehouse: Connection, folder: Path) -> None:
    listed = {"resourceType": "List", "id": "l1", "entry": [{"item": {"reference": "Condition/1"}}]}
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in (*PLACE, given())]}
    (folder / "batch.json").write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": inner}, {"resource": listed}]}, indent=1)
    )
    result = load_fhir(warehouse, folder, listed)
    assert chart(warehouse, "administration_id") == [("a1",)]
    assert result.notices == [("resource type not used", "List", 2)]
    assert not kept_out(warehouse)


@pytest.mark.parametrize(
    "form", ["urn:uuid:{}", "https://fhir.example.org/r4/{kind}/{}", "https://fhir.example.org/r4/{kind}/{}/_history/2"]
)
def test_a_resource_of_a_bundle_may_be_named_by_its_full_url_alone(warehouse: Connection, folder: Path, form: str) -> None:
    """As in a transaction or message, where nothing has an id of its own yet."""
    urls = {
        f"{kind}/{name}": form.format(f"0000-{name}", kind=kind)
        for kind, name in (("Patient", "p1"), ("Encounter", "e1"), ("MedicationRequest", "o1"))
    }
    person = {"reference": urls["Patient/p1"]}
    stay, ordered = encounter(subject=person), order(subject=person)
    push = given(subject=person, context={"reference": urls["Encounter/e1"]}, request={"reference": urls["MedicationRequest/o1"]})
    weight = observation("29463-7", subject=person, valueQuantity=quantity(80, "kg"), extension=[{"url": "x", "valueString": "{}"}])
    entries = [
        {
            "fullUrl": urls.get(f"{each['resourceType']}/{each.get('id')}", form.format("0000-a1", kind=each["resourceType"])),
            "resource": each,
        }
        for each in (patient(), stay, ordered, push, weight)
    ]
    for entry in entries:
        entry["resource"].pop("id", None)
    (folder / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, indent=1))
    load_fhir(warehouse, folder)
    assert chart(warehouse, "administration_id, patient_id, encounter_id, order_id") == [("0000-a1", "0000-p1", "0000-e1", "0000-o1")]
    assert warehouse.execute("select patient_id, value from observation").fetchall() == [("0000-p1", "80")]
    lines = (folder / "bundle.json").read_text().splitlines()
    ((line,),) = warehouse.execute("select line from administration").fetchall()
    assert '"resource": {' in lines[line - 1]
    assert '"MedicationAdministration"' in lines[line]
    assert not kept_out(warehouse)


def test_a_corrected_or_withdrawn_version_takes_the_place_of_the_earlier_one(warehouse: Connection, folder: Path) -> None:
    def version(of: Resource, identity: str, hour: int, **changed: Any) -> Resource:
        return of | {"id": identity, "meta": {"lastUpdated": f"2026-06-15T{hour:02}:00:00Z"}} | changed

    low, weight = observation("59408-5", valueQuantity=quantity(85, "%")), observation("29463-7", valueQuantity=quantity(45, "kg"))
    form = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "Patient/p1"}, "authored": at("09:00")}
    yes, no = ({"item": [{"linkId": "pregnancy", "answer": [{"valueBoolean": said}]}]} for said in (True, False))
    load_fhir(
        warehouse,
        folder,
        *PLACE,
        given(),
        version(low, "o1", 9, status="corrected", valueQuantity=quantity(95, "%")),
        version(low, "o1", 8),
        version(weight, "o2", 8),
        version(weight, "o2", 9, status="entered-in-error"),
        version(condition("F20.9"), "c1", 8),
        version(condition("F20.9"), "c1", 9, **status_of("verificationStatus", "entered-in-error")),
        version(form, "q1", 8, **yes),
        version(form, "q1", 9, status="amended", **no),
        version(encounter(), "e2", 8),
        version(encounter(), "e2", 9, status="entered-in-error"),
    )
    assert warehouse.execute("select encounter_id from encounter").fetchall() == [("e1",)]
    assert warehouse.execute("select kind, value from observation").fetchall() == [("spo2", "95")]
    assert warehouse.execute("select code from condition").fetchall() == []
    assert warehouse.execute("select item, answer from screening").fetchall() == [("pregnancy", "no")]


def condition(code: str = "I10", system: str = "http://hl7.org/fhir/sid/icd-10-cm", **changed: Any) -> Resource:
    coding = [{"system": SNOMED, "code": "38341003"}, {"system": system, "code": code}]
    return {"resourceType": "Condition", "code": {"coding": coding}, "subject": {"reference": "Patient/p1"}, **changed}


def status_of(kind: str, *codes: str) -> Resource:
    return {kind: {"coding": [{"code": code} for code in codes]}}


DIAGNOSES: list[tuple[Resource, tuple[Any, ...] | None, str | None]] = [
    (condition("F1120", onsetDateTime=at("07:00")), ("F11.20", "icd10cm", None, None), None),
    (condition(abatementDateTime=at("08:00")), ("I10", "icd10cm", None, "2026-06-15 06:00:00"), None),
    (condition(category=[{"coding": [{"code": "problem-list-item"}]}]), ("I10", "icd10cm", "problem_list", None), None),
    (condition(system="http://hl7.org/fhir/sid/icd-10-gm"), ("38341003", "snomed", None, None), None),
    (condition(abatementDateTime="2026-06-15"), ("I10", "icd10cm", None, "2026-06-15 23:59:59"), None),
    (condition(**status_of("verificationStatus", "refuted")), None, None),
    (condition(**status_of("verificationStatus", "provisional")), None, "diagnosis_not_confirmed"),
    (condition(**status_of("clinicalStatus", "resolved")), None, "resolved_when_unknown"),
    (condition(**status_of("verificationStatus", "local", "confirmed")), ("I10", "icd10cm", None, None), None),
    (condition(**status_of("verificationStatus", "local", "refuted")), None, None),
    (condition(**status_of("verificationStatus", "REFUTED")), None, None),
    (condition(verificationStatus={"text": "Refuted"}), None, None),
    (condition(**status_of("verificationStatus", "local", "unconfirmed")), None, "diagnosis_not_confirmed"),
    (condition(**status_of("verificationStatus", "confirmed", "refuted")), None, "diagnosis_not_confirmed"),
    (condition(**status_of("verificationStatus", "local")), None, "status_unknown"),
    (condition(**status_of("clinicalStatus", "local", "resolved")), None, "resolved_when_unknown"),
    (condition(clinicalStatus={"text": "Resolved"}), None, "resolved_when_unknown"),
    (condition(clinicalStatus={"text": "see note"}), None, "status_unknown"),
    (condition(abatementRange={"low": quantity(30, "a")}), None, "resolved_when_unknown"),
    (condition(abatementPeriod={"start": "2026-06-11"}), None, "resolved_when_unknown"),
]


def test_diagnoses_are_read_by_code_system_and_status(warehouse: Connection, folder: Path) -> None:
    charted = [resource | {"subject": {"reference": f"Patient/p{number}"}} for number, (resource, *_) in enumerate(DIAGNOSES)]
    load_fhir(warehouse, folder, *PLACE, given(), *charted)
    found = warehouse.execute("select line - 5, code, code_system, category, resolved_at::varchar from condition order by line").fetchall()
    assert found == [(number, *row) for number, (_, row, _) in enumerate(DIAGNOSES) if row]
    refused = [("condition", number + 5, reason, f"p{number}") for number, (*_, reason) in enumerate(DIAGNOSES) if reason]
    assert kept_out(warehouse) == refused


def coded(*codings: tuple[str, str], **more: str) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codings], **more}


NEGATIVE, POSITIVE = (SNOMED, "260385009"), (SNOMED, "10828004")


@pytest.mark.parametrize(
    ("lie", "kind"),
    [
        (observation("2106-3", valueCodeableConcept=coded(NEGATIVE, POSITIVE)), "hcg"),
        (observation("2106-3", valueCodeableConcept=coded(NEGATIVE, text="Positive")), "hcg"),
        (observation("2106-3", "1742-6", valueString="negative"), None),
        (
            observation("1234-5", component=[{"code": coded((LOINC, "2106-3")), "valueCodeableConcept": coded(NEGATIVE, POSITIVE)}]),
            "hcg",
        ),
    ],
    ids=["answer", "answer and its text", "kind", "component"],
)
def test_codes_that_contradict_each_other_acquit_nobody(warehouse: Connection, folder: Path, lie: Resource, kind: str | None) -> None:
    """An older test was negative; what the later one says nobody knows."""
    older = observation("2106-3", clock="07:00", valueCodeableConcept=coded(NEGATIVE))
    load_fhir(warehouse, folder, patient(birthDate="1990-02-03"), encounter(), order(), given(), older, lie)
    assert kept_out(warehouse) == [("observation", 6, "codes_contradict", "p1")]
    assert warehouse.execute("select event from quarantine").fetchall() == [(kind,)]
    assert verdicts(warehouse, "KC-02")["p1"] == ("not_evaluable", "finding_kept_out")


def test_a_panel_coded_as_all_that_it_holds_is_read_by_its_components(warehouse: Connection, folder: Path) -> None:
    parts = [
        {"code": coded((LOINC, code)), "valueQuantity": quantity(value, "mm[Hg]")} for code, value in (("8480-6", 131), ("8462-4", 78))
    ]
    load_fhir(warehouse, folder, *PLACE, given(), observation("8480-6", "8462-4", component=parts))
    assert warehouse.execute("select kind, value from observation order by kind").fetchall() == [
        ("diastolic_bp", "78"),
        ("systolic_bp", "131"),
    ]
    assert not kept_out(warehouse)


def test_a_weight_coded_as_measured_and_as_stated_is_of_unknown_method(warehouse: Connection, folder: Path) -> None:
    weight = observation("29463-7", "3141-9", "3142-7", valueQuantity=quantity(80, "kg"))
    load_fhir(warehouse, folder, *PLACE, given(), weight)
    assert warehouse.execute("select kind, method, invalid from observation").fetchall() == [("weight", None, ["method"])]


STATEMENT = {
    "resourceType": "MedicationStatement",
    "status": "completed",
    "medicationCodeableConcept": {"coding": [{"system": "urn:infusion-audit:drug-class", "code": "opioid"}]},
    "effectivePeriod": {"start": "2026-03-01", "end": "2026-05-01"},
}
SURGERY = {
    "resourceType": "Procedure",
    "status": "completed",
    "code": {"coding": [{"system": "urn:infusion-audit:procedure", "code": "surgery"}]},
    "performedDateTime": "2026-06-14T10:00:00+02:00",
}
FORM = {
    "resourceType": "QuestionnaireResponse",
    "status": "completed",
    "authored": at("09:00"),
    "item": [{"linkId": "pregnancy", "answer": [{"valueBoolean": False}]}],
}
CLINICAL = {
    "observation": observation("2106-3", valueString="negative"),
    "condition": condition(),
    "medication": STATEMENT | {"subject": {"reference": "Patient/p1"}},
    "procedure": SURGERY | {"subject": {"reference": "Patient/p1"}},
    "screening": FORM | {"subject": {"reference": "Patient/p1"}},
}
DOUBTS: dict[str, tuple[Resource, tuple[str | None, ...]]] = {
    "modifier_extension": ({"modifierExtension": [{"url": "http://site.example/negated", "valueBoolean": True}]}, ("p1",)),
    "encounter_of_another_patient": ({"encounter": {"reference": "Encounter/e2"}, "context": {"reference": "Encounter/e2"}}, ("p1", "p2")),
    "subject_not_a_patient": ({"subject": {"reference": "Group/p1"}}, (None,)),
    "subject_missing": ({"subject": {}, "encounter": {"reference": "Encounter/e1"}, "context": {"reference": "Encounter/e1"}}, ("p1",)),
}


@pytest.mark.parametrize("reason", DOUBTS)
def test_a_finding_that_may_be_another_patients_or_mean_something_else_is_not_believed(
    warehouse: Connection, folder: Path, reason: str
) -> None:
    changed, patients = DOUBTS[reason]
    stay = encounter("e2", of="p2")
    load_fhir(warehouse, folder, *PLACE, stay, given(), *(each | changed for each in CLINICAL.values()))
    found = [(table, line, reason, patient) for line, table in enumerate(CLINICAL, 6) for patient in patients]
    assert kept_out(warehouse) == found
    for table in CLINICAL:
        assert warehouse.execute(f"select * from {table}").fetchall() == []


def test_a_patient_or_stay_that_a_modifier_may_change_is_not_believed(warehouse: Connection, folder: Path) -> None:
    modified = {"modifierExtension": [{"url": "x"}]}
    load_fhir(warehouse, folder, patient() | modified, encounter() | modified, order(), given())
    assert kept_out(warehouse) == [("patient", 1, "modifier_extension", "p1"), ("encounter", 2, "modifier_extension", "p1")]
    assert warehouse.execute("select (select count(*) from patient), (select count(*) from encounter)").fetchall() == [(0, 0)]


def test_what_was_found_in_another_than_the_patient_is_none_of_hers(warehouse: Connection, folder: Path) -> None:
    hers, fetal = (
        observation("8867-4", valueQuantity=quantity(value, "/min"), focus=[{"reference": of}])
        for value, of in ((80, "Patient/p1"), (140, "RelatedPerson/fetus"))
    )
    part = {"code": coded((LOINC, "8867-4")), "valueQuantity": quantity(60, "/min"), "modifierExtension": [{"url": "x"}]}
    load_fhir(warehouse, folder, *PLACE, given(), hers, fetal, observation("1234-5", component=[part]))
    assert warehouse.execute("select value from observation").fetchall() == [("80",)]
    assert kept_out(warehouse) == [
        ("observation", 6, "focus_not_the_patient", "p1"),
        ("observation", 7, "modifier_extension", "p1"),
    ]


@pytest.mark.parametrize("status", ["unknown", "on-hold", "COMPLETED", None])
def test_a_drug_of_which_nobody_says_that_it_was_taken_may_have_been(warehouse: Connection, folder: Path, status: str | None) -> None:
    load_fhir(warehouse, folder, *PLACE, given(), {k: v for k, v in (CLINICAL["medication"] | {"status": status}).items() if v})
    assert kept_out(warehouse) == [("medication", 5, "status_unknown", "p1")]


def test_a_drug_whose_class_or_supply_is_said_twice_differently_is_not_guessed(warehouse: Connection, folder: Path) -> None:
    said = CLINICAL["medication"]
    both = {"coding": [{"system": "urn:infusion-audit:drug-class", "code": code} for code in ("opioid", "nsaid")]}
    supplies = extended(*(("days_supply", {"valueInteger": days}) for days in (30, 60)))
    bound = extended(("days_supply", {"valueQuantity": {"value": 60, "unit": "d", "comparator": "<"}}))
    classes = extended(("drug_class", {"valueCode": "opioid"}), ("drug_class", {"valueCode": "nsaid"}))
    changes: list[Resource] = [
        {"medicationCodeableConcept": both},
        {"extension": classes},
        {"extension": supplies},
        {"extension": bound, "effectivePeriod": {"start": "2026-02-01"}},
        {"extension": supplies[:1] * 2},
    ]
    load_fhir(warehouse, folder, *PLACE, given(), *(said | change for change in changes))
    assert kept_out(warehouse) == [("medication", 5, "not_allowed", "p1"), ("medication", 6, "not_allowed", "p1")]
    assert warehouse.execute("select line, days_supply::double, invalid from medication order by line").fetchall() == [
        (7, None, ["days_supply"]),
        (8, None, ["days_supply"]),
        (9, 30, None),
    ]


def extended(*said: tuple[str, Resource]) -> list[Resource]:
    return [{"url": f"urn:infusion-audit:{meaning}", **value} for meaning, value in said]


@pytest.mark.parametrize(
    "changed",
    [
        *({"status": status} for status in ("unknown", "on-hold", "stopped", "in-progress", "COMPLETED")),
        {"performedDateTime": "2026-06-14"},
        {"performedDateTime": None, "performedString": "yesterday"},
        {"performedDateTime": None, "performedPeriod": {"start": "2026-06-14T10:00:00+02:00"}},
    ],
    ids=lambda changed: " ".join(str(value) for value in changed.values()),
)
def test_surgery_that_may_or_may_not_have_ended_before_leaves_the_context_unknown(
    warehouse: Connection, folder: Path, changed: Resource
) -> None:
    """Two patients: the other one was operated upon so long ago that it does not matter."""
    own = {key: value for key, value in (CLINICAL["procedure"] | changed).items() if value}
    old = SURGERY | {"subject": {"reference": "Patient/p2"}, "performedDateTime": "2026-06-01"}
    drips = [infusion(f"i{who}", **rate(40, "mg/h")) | {"subject": {"reference": f"Patient/{who}"}} for who in ("p1", "p2")]
    drips[1] = {key: value for key, value in drips[1].items() if key not in ("context", "request")}
    weight = observation("29463-7", valueQuantity=quantity(80, "kg"), subject={"reference": "Patient/p2"})
    load_fhir(warehouse, folder, *PLACE, patient("p2"), *drips, weight, own, old)
    found = verdicts(warehouse, "KD-02")
    assert found == {"p1": ("not_evaluable", "context_unknown"), "p2": ("compliant", "within_limit")}


def test_surgery_that_ended_makes_a_session_postsurgical_whatever_else_was_kept_out(warehouse: Connection, folder: Path) -> None:
    surgery = CLINICAL["procedure"]
    load_fhir(warehouse, folder, *PLACE, infusion(**rate(40, "mg/h")), surgery, surgery | {"status": "unknown"})
    assert verdicts(warehouse, "KD-02")["p1"] == ("not_applicable", "context_postsurgical")


@pytest.mark.parametrize(
    "said",
    [
        [{"valueQuantity": {**quantity(80, "kg"), "comparator": ">"}}],
        [{"valueQuantity": {"value": 80, "unit": "kg", "code": "[lb_av]"}}],
        [{"valueQuantity": quantity(80, "kg")}, {"valueQuantity": quantity(40, "kg")}],
        [{"valueQuantity": quantity(80, "kg")}, {"valueQuantity": quantity(80, "[lb_av]")}],
        [{"valueString": "80 kg"}],
    ],
    ids=["bound", "unit and code", "two weights", "two units", "text"],
)
def test_an_ordered_weight_that_contradicts_itself_is_unknown_and_no_other_takes_its_place(
    warehouse: Connection, folder: Path, said: list[Resource]
) -> None:
    weight = observation("29463-7", valueQuantity=quantity(80, "kg"))
    own = order(extension=extended(*(("dosing_weight", each) for each in said)))
    load_fhir(warehouse, folder, patient(), encounter(), own, given(), weight)
    assert verdicts(warehouse, "KD-01")["p1"] == ("not_evaluable", "weight_unusable")


def test_an_order_says_its_weight_once_or_twice_alike(warehouse: Connection, folder: Path) -> None:
    twice = extended(*[("dosing_weight", {"valueQuantity": quantity(80, "kg")})] * 2)
    load_fhir(warehouse, folder, patient(), encounter(), order(extension=twice), given())
    assert warehouse.execute("select dosing_weight::double, dosing_weight_unit from medication_order").fetchall() == [(80, "kg")]


@pytest.mark.parametrize(
    "changed",
    [
        {"extension": extended(("context", {"valueCode": "chronic"}), ("context", {"valueCode": "postsurgical"}))},
        {"modifierExtension": [{"url": "x"}]},
    ],
    ids=["contradictory", "modified"],
)
def test_a_context_that_cannot_be_believed_is_unknown(warehouse: Connection, folder: Path, changed: Resource) -> None:
    load_fhir(warehouse, folder, patient(), encounter(), order(**changed), infusion(**rate(0.5, "mg/kg/h")))
    assert verdicts(warehouse, "KD-02")["p1"] == ("not_evaluable", "context_unknown")


@pytest.mark.parametrize(("meaning", "column"), [("concentration", "concentration"), ("dosing_weight", "dosing_weight")])
def test_what_a_modifier_may_change_in_an_order_is_unknown(warehouse: Connection, folder: Path, meaning: str, column: str) -> None:
    own = order(extension=extended((meaning, {"valueQuantity": quantity(10, "mg/mL")})), modifierExtension=[{"url": "x"}])
    load_fhir(warehouse, folder, patient(), encounter(), own, given())
    ((value, invalid),) = warehouse.execute(f"select {column}, invalid from medication_order").fetchall()
    assert value is None
    assert column in invalid


def test_strengths_of_an_order_that_differ_are_none(warehouse: Connection, folder: Path) -> None:
    two = extended(*(("concentration", {"valueQuantity": quantity(value, "mg/mL")}) for value in (1, 50)))
    load_fhir(warehouse, folder, patient(), encounter(), order(extension=two), given())
    assert warehouse.execute("select concentration, concentration_unit, invalid from medication_order").fetchall() == [
        (None, "mg/mL", ["concentration"])
    ]


def test_references_to_nothing_and_answers_in_no_map_are_counted(warehouse: Connection, folder: Path) -> None:
    away: Resource = {"subject": {"reference": "Patient/absent"}, "encounter": {"reference": "Encounter/absent"}}
    unmapped = [{"valueCoding": {"system": "http://site.example", "code": "1", "display": "No"}}]
    form = CLINICAL["screening"] | {"item": [{"linkId": "pregnancy", "answer": unmapped}]}
    answer = observation("2106-3", valueCodeableConcept=coded(("http://site.example", "NEG"), text="Negative"))
    result = load_fhir(warehouse, folder, *PLACE, given(), CLINICAL["observation"] | away, condition(**away), form, answer)
    assert set(result.notices) == {
        ("answer in no map", "http://site.example|1", 1),
        ("answer in no map", "http://site.example|NEG", 1),
        ("reference to nothing", "Observation to Patient", 1),
        ("reference to nothing", "Observation to Encounter", 1),
        ("reference to nothing", "Condition to Patient", 1),
        ("reference to nothing", "Condition to Encounter", 1),
    }
    assert warehouse.execute("select answer from screening").fetchall() == [("no",)]


def test_a_day_without_a_time_dates_a_diagnosis_and_less_than_a_day_does_not(warehouse: Connection, folder: Path) -> None:
    """Most records date the problems of a list by the day, which R4 allows."""
    load_fhir(
        warehouse, folder, *PLACE, given(), condition("F20.9", onsetDateTime="2026-06-14"), condition("G93.2", onsetDateTime="2026-05")
    )
    assert warehouse.execute("select code, onset_at::varchar from condition order by code").fetchall() == [
        ("F20.9", "2026-06-14 00:00:00"),
        ("G93.2", None),
    ]
    assert warehouse.execute("select line, column_name, reason, scope from quarantine").fetchall() == [
        (6, "onset_at", "not_a_time", "cell")
    ]


def test_a_stay_in_a_ward_is_a_part_of_its_admission(warehouse: Connection, folder: Path) -> None:
    """A diagnosis of the admission is one of the session's own encounter; without a word on admission it does not convict."""
    ward = encounter("ward", partOf={"reference": "Encounter/e1"})
    resources = [given(context={"reference": "Encounter/ward"}), condition("F20.9", encounter={"reference": "Encounter/e1"})]
    load_fhir(warehouse, folder, *PLACE, ward, *resources)
    for table in ("administration", "condition"):
        assert warehouse.execute(f"select encounter_id from {table}").fetchall() == [("e1",)]
    assert verdicts(warehouse, "KC-03")["p1"] == ("not_evaluable", "admission_status_unknown")


def test_a_part_of_another_patients_encounter_stays_its_own(warehouse: Connection, folder: Path) -> None:
    ward = encounter("ward", partOf={"reference": "Encounter/e2"})
    load_fhir(warehouse, folder, *PLACE, ward, encounter("e2", of="p2"), given(context={"reference": "Encounter/ward"}))
    assert chart(warehouse, "encounter_id") == [("ward",)]


def test_the_answers_of_a_finished_checklist_are_read_also_below_a_group(warehouse: Connection, folder: Path) -> None:
    asked = [{"linkId": "pregnancy", "answer": [{"valueBoolean": False}]}, {"linkId": "allergy", "answer": [{"valueString": "nuts"}]}]
    group = {"linkId": "group", "item": asked}
    form: Resource = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "Patient/p1"}}
    form |= {"authored": at("09:00"), "author": {"display": "nurse"}, "item": [group]}
    result = load_fhir(warehouse, folder, *PLACE, given(), form, form | {"status": "in-progress", "authored": at("09:30")})
    assert warehouse.execute("select item, answer, role from screening").fetchall() == [("pregnancy", "no", "nurse")]
    assert ("question in no map", "allergy", 1) in result.notices
    assert ("entered in error, cancelled or not done", "QuestionnaireResponse in-progress", 1) in result.notices


def test_answers_below_an_answer_are_read_and_what_lies_deeper_than_four_levels_is_told(warehouse: Connection, folder: Path) -> None:
    asked: Resource = {"linkId": "pregnancy", "answer": [{"valueBoolean": True}]}
    form: Resource = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": at("09:00"),
    }
    below = {"linkId": "g", "answer": [{"valueString": "see below", "item": [asked]}]}
    deep = asked
    for level in range(4):
        deep = {"linkId": f"level {level}", "item": [deep]}
    result = load_fhir(warehouse, folder, *PLACE, given(), form | {"item": [below]}, form | {"item": [deep]})
    assert warehouse.execute("select item, answer, line from screening").fetchall() == [("pregnancy", "yes", 5)]
    assert ("question too deep in a form to be read", "QuestionnaireResponse", 1) in result.notices


def test_what_is_not_used_is_counted(warehouse: Connection, folder: Path) -> None:
    stranger = {"coding": [{"system": "http://site.example/drugs", "code": "X1", "display": "Paracetamol"}]}
    result = load_fhir(
        warehouse,
        folder,
        *PLACE,
        given(),
        given("a2", medicationCodeableConcept=stranger),
        given("a3", patient="p9", dosage={"route": {"coding": [{"system": "site", "code": "PICC"}]}}),
        observation("1234-5", valueInteger=1),
        {"resourceType": "Claim", "id": "c1"},
    )
    assert set(result.notices) == {
        ("drug in no map", "paracetamol", 1),
        ("route in no map", "site|PICC", 1),
        ("observation code in no map", "http://loinc.org|1234-5", 1),
        ("reference to nothing", "MedicationAdministration to Patient", 1),
        ("resource type not used", "Claim", 1),
    }
    assert chart(warehouse, "product, route, invalid") == [
        ("ketamine", "iv", None),
        ("paracetamol", "iv", None),
        ("ketamine", None, ["route"]),
    ]


def test_absence_is_no_finding_where_the_export_has_nothing_of_the_kind(warehouse: Connection, folder: Path) -> None:
    load_fhir(warehouse, folder, *PLACE, infusion(**rate(20, "mg/h")))
    assert verdicts(warehouse, "KM-01")["p1"][0] == "not_evaluable"
    assert (
        warehouse.execute("select table_name from coverage where table_name in ('observation', 'condition', 'screening')").fetchall() == []
    )


def test_a_site_adds_its_own_codes_without_copying_a_select(warehouse: Connection, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "ours"
    own.mkdir()
    (own / "source.toml").write_text('[source]\nextends = "fhir-r4"\n[maps]\nproduct_code = {file = "p.csv", key = ["system", "code"]}\n')
    (own / "p.csv").write_text("system,code,product\nhttp://site.example/drugs,KET50,ketamine\n")
    code = {"coding": [{"system": "http://site.example/drugs", "code": "KET50"}]}
    (folder / "a.ndjson").write_text(ndjson(*PLACE, given(medicationCodeableConcept=code), given("a2")))
    load(warehouse, [folder], source=str(own))
    assert chart(warehouse, "product") == [("ketamine",), ("ketamine",)]
