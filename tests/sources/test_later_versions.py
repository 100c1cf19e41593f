"""What a later export says of an observation, diagnosis, procedure, form or drug of the history replaces what an earlier one said."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infusion_audit.engine import Connection, connect
from infusion_audit.load import LoadResult, load
from infusion_audit.removal import loads, remove

from .test_fhir_rows import LOINC, PLACE, Resource, at, condition, encounter, ndjson, observation, order, quantity, status_of
from .test_fhir_rows import given as administration


def spo2(value: float | None = 97, identity: str | None = "o1", **changed: Any) -> Resource:
    measured = {"valueQuantity": quantity(value, "%")} if value is not None else {}
    return observation("59408-5", **measured, **({"id": identity} if identity else {}), **changed)


def pressure(systolic: float, diastolic: float | None, identity: str = "o1") -> Resource:
    """A panel, which is one resource and as many rows as it has components."""
    parts = {"8480-6": systolic, "8462-4": diastolic}
    components = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in parts.items()
        if value is not None
    ]
    return observation("85354-9", id=identity, component=components)


def procedure(code: str = "oxygen", system: str = "urn:infusion-audit:intervention", **changed: Any) -> Resource:
    coded = {"coding": [{"system": system, "code": code}]}
    resource: Resource = {"resourceType": "Procedure", "id": "r1", "status": "completed", "code": coded}
    return {**resource, "subject": {"reference": "Patient/p1"}, "performedDateTime": at("10:30"), **changed}


def form(*, pregnant: bool, status: str = "completed", **more: bool) -> Resource:
    items = [{"linkId": item, "answer": [{"valueBoolean": said}]} for item, said in {"pregnancy": pregnant, **more}.items()]
    resource: Resource = {"resourceType": "QuestionnaireResponse", "id": "q1", "status": status, "subject": {"reference": "Patient/p1"}}
    return {**resource, "authored": at("09:00"), "item": items}


def statement(drug_class: str = "opioid", status: str = "active") -> Resource:
    concept = {"coding": [{"system": "urn:infusion-audit:drug-class", "code": drug_class}], "text": "a drug"}
    resource: Resource = {"resourceType": "MedicationStatement", "id": "m1", "status": status, "medicationCodeableConcept": concept}
    return {**resource, "subject": {"reference": "Patient/p1"}, "effectivePeriod": {"start": "2026-01-01"}}


class Exports:
    """A hospital that exports again and again into one warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.warehouse, self.made = folder, connect(), 0

    def load(self, *resources: Resource, taken: str | None = None, site: str | None = None) -> LoadResult:
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        (folder / "export.ndjson").write_text(ndjson(*resources, administration()))
        said = {"source_system": str(self.made), "extracted_at": taken, "site": site}
        (folder / "manifest.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in said.items() if value))
        result = load(self.warehouse, [folder], source="fhir-r4")
        for file in result.inputs:
            assert file.received == file.loaded + file.quarantined + file.duplicates
        return result

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse.execute(query).fetchall()


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


ROWS = """
    select patient_id, table_name || ' ' || said from (
        select patient_id, 'observation' as table_name, kind || ' ' || value as said from observation
        union all select patient_id, 'condition', code from condition
        union all select patient_id, 'procedure', kind from procedure
        union all select patient_id, 'intervention', kind || ' ' || hour(performed_at) || ':' || minute(performed_at) from intervention
        union all select patient_id, 'screening', item || ' ' || answer from screening
        union all select patient_id, 'medication', drug_class from medication
        union all select patient_id, 'encounter', 'in ' || department from encounter
        union all select patient_id, 'order', 'of ' || dosing_weight::integer || ' kg' from medication_order
    ) as t order by all"""

CORRECTIONS = {
    "a value": (spo2(85), spo2(95), ["observation spo2 95"]),
    "a component": (pressure(120, 80), pressure(120, 90), ["observation diastolic_bp 90", "observation systolic_bp 120"]),
    "a component less": (pressure(120, 80), pressure(120, None), ["observation systolic_bp 120"]),
    "another kind": (pressure(120, 80), spo2(95), ["observation spo2 95"]),
    "a code that no rule uses": (spo2(85), observation("1234-5", id="o1", valueQuantity=quantity(1, "%")), []),
    "an observation in error": (spo2(85), spo2(85, status="entered-in-error"), []),
    "an observation in error, which says no more": (spo2(85), spo2(None, status="entered-in-error"), []),
    "of another patient": (spo2(85), spo2(85, subject={"reference": "Patient/p2"}), ["observation spo2 85"]),
    "a diagnosis": (condition("F20.9", id="c1"), condition("F32.9", id="c1"), ["condition F32.9"]),
    "a diagnosis refuted": (condition("F20.9", id="c1"), condition("F20.9", id="c1", **status_of("verificationStatus", "refuted")), []),
    "a diagnosis refuted in words": (condition("F20.9", id="c1"), condition("F20.9", id="c1", verificationStatus={"text": "Refuted"}), []),
    "a diagnosis in doubt": (
        condition("F20.9", id="c1"),
        condition("F20.9", id="c1", **status_of("verificationStatus", "provisional")),
        [],
    ),
    "a procedure": (procedure(), procedure(performedDateTime=at("10:40")), ["intervention oxygen 8:40"]),
    "a procedure of another table": (procedure(), procedure("surgery", "urn:infusion-audit:procedure"), ["procedure surgery"]),
    "a procedure not done": (procedure(), procedure(status="not-done"), []),
    "a procedure on hold": (procedure(), procedure(status="on-hold"), []),
    "an answer": (
        form(pregnant=True, active_psychosis=False),
        form(pregnant=False, active_psychosis=False, status="amended"),
        ["screening active_psychosis no", "screening pregnancy no"],
    ),
    "a form in error": (form(pregnant=True), form(pregnant=True, status="entered-in-error"), []),
    "a drug": (statement(), statement("nsaid"), ["medication nsaid"]),
    "a drug not taken": (statement(), statement(status="not-taken"), []),
    "a drug of unknown status": (statement(), statement(status="unknown"), []),
    "an encounter in error": (encounter(), encounter(status="entered-in-error"), []),
    "an order in error": (order(), order(status="entered-in-error"), []),
}


def of_case(number: int, resource: Resource) -> Resource:
    """A case's resource as one of a patient of its own."""
    own = resource if resource["subject"]["reference"] == "Patient/p2" else resource | {"subject": {"reference": f"Patient/{number}"}}
    return own | {"id": f"{resource['id']}-{number}"}


EARLIER = [of_case(number, earlier) for number, (earlier, _, _) in enumerate(CORRECTIONS.values())]
LATER = [of_case(number, later) for number, (_, later, _) in enumerate(CORRECTIONS.values())]


def stands(exports: Exports) -> dict[str, list[str]]:
    """What the tables say, by case."""
    found: dict[str, list[str]] = {case: [] for case in CORRECTIONS}
    for who, row in exports.rows(ROWS):
        found["of another patient" if who == "p2" else list(CORRECTIONS)[int(who)]].append(row)
    return found


def test_the_later_version_stands_alone_and_gives_way_when_it_is_removed(exports: Exports) -> None:
    exports.load(*EARLIER)
    before = stands(exports)
    assert all(before.values())
    exports.load(*LATER)
    assert stands(exports) == {case: rows for case, (_, _, rows) in CORRECTIONS.items()}
    remove(exports.warehouse, 2)
    assert stands(exports) == before


def test_the_version_of_the_export_that_was_taken_later_stands_whatever_is_loaded_first(exports: Exports) -> None:
    exports.load(*LATER, taken="2026-07-02T00:00:00Z")
    exports.load(*EARLIER, taken="2026-07-01T00:00:00Z")
    # that a record gives no row of a table is not remembered where nothing was known of it, as the format's page says
    unused = {
        "a code that no rule uses": ["observation spo2 85"],
        "a procedure of another table": ["intervention oxygen 8:30", "procedure surgery"],
    }
    assert stands(exports) == {case: rows for case, (_, _, rows) in CORRECTIONS.items()} | unused


def test_a_withdrawn_resource_counts_as_received_and_takes_the_effect_of_the_earlier_one_away(exports: Exports) -> None:
    exports.load(*PLACE, spo2(85))
    exports.load(*PLACE, spo2(85, status="entered-in-error"))
    assert [(each["id"], each["in_use"], each["loaded"]) for each in loads(exports.warehouse)] == [(1, 4, 5), (2, 0, 0)]
    counted = exports.rows(
        "select received, loaded, quarantined, duplicates from input_file where table_name = 'observation' order by file_id"
    )
    assert counted == [(1, 1, 0, 0), (1, 0, 0, 1)]


def test_what_another_resource_says_too_is_not_lost_with_the_corrected_one(exports: Exports) -> None:
    """Two resources that say the same are one row; when one of them is corrected, the other still says it."""
    exports.load(*PLACE, spo2(85, "o1"), spo2(85, "o2"))
    exports.load(*PLACE, spo2(95, "o1"))
    assert exports.rows("select value, line from observation order by value") == [("85", 5), ("95", 4)]
    exports.load(*PLACE, spo2(90, "o2"))
    assert exports.rows("select value from observation order by value") == [("90",), ("95",)]


def test_a_corrected_resource_that_is_kept_out_does_not_leave_the_earlier_one_standing(exports: Exports) -> None:
    exports.load(*PLACE, spo2(85))
    exports.load(*PLACE, spo2(85, effectiveDateTime="soon"))
    assert exports.rows("select count(*) from observation") == [(0,)]
    assert exports.rows("select table_name, reason, scope from quarantine") == [("observation", "not_a_time", "row")]


def test_another_site_may_use_the_same_ids_for_its_own_resources(exports: Exports) -> None:
    exports.load(spo2(85, subject={"reference": "Patient/north1"}), site="north")
    exports.load(spo2(95, subject={"reference": "Patient/south1"}), site="south")
    exports.load(spo2(86, subject={"reference": "Patient/north1"}), site="north")
    assert exports.rows("select patient_id, value from observation order by all") == [("north1", "86"), ("south1", "95")]


def test_an_export_in_which_nothing_changed_changes_nothing(exports: Exports) -> None:
    same = (*PLACE, pressure(120, 80), condition("F20.9", id="c1"), procedure(), form(pregnant=False), statement())
    exports.load(*same)
    before = exports.rows("select file_id, line, kind from observation order by all")
    exports.load(*same, spo2(95, "o9"))
    assert exports.rows("select file_id, line, kind from observation where kind <> 'spo2' order by all") == before
    assert exports.rows("select count(*) from observation_aside") == [(2,)]


def test_resources_without_an_id_stand_beside_each_other(exports: Exports) -> None:
    exports.load(*PLACE, spo2(85, None))
    exports.load(*PLACE, spo2(95, None))
    assert exports.rows("select value from observation order by value") == [("85",), ("95",)]
    assert exports.rows("select count(*) from row_identity") == [(0,)]


OWN = {
    "source.toml": """[source]
        title = "Log"
        [reads]
        dose = "dose.csv"
        log = "log.csv" """,
    "administration.sql": "select file_id, line, 'a' as administration_id, 'p1' as patient_id, 'bolus' as event, started_at from dose",
    "observation.sql": """
        select file_id, line, patient_id, kind, value, case when value = '?' then 'soon' else effective_at end as effective_at
        from (select *, unnest(string_split("values", '+')) as value from log where "values" <> 'error') as l""",
    "identity.sql": """
        select 'observation' as table_name, file_id, line, nullif(id, '') as identity, "values" = 'error' as withdrawn from log""",
}
VALUES = st.sampled_from(["85", "95", "85+95", "90+95", "error", "?", "90+?"])
histories = st.lists(
    st.tuples(
        st.integers(1, 3), st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), st.lists(st.sampled_from(["85", "90"]), max_size=1)
    ),
    min_size=2,
    max_size=4,
)
History = list[tuple[int, dict[str, str], list[str]]]


def standing(history: History) -> set[str]:
    """What stands after a history: of every record the version of the extract taken last, and all that has no identity."""
    latest: dict[str, str] = {}
    for _, records, _ in sorted(history, key=lambda each: each[0]):
        latest |= records
    said = [*latest.values(), *(value for _, _, plain in history for value in plain)]
    return {value for values in said for value in values.split("+")} - {"error", "?"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(0, 3), st.booleans())
def test_any_history_leaves_what_was_said_last_and_any_removal_what_the_others_said(history: History, which: int, dated: bool) -> None:
    if not dated:
        history = [(at, *said) for at, (_, *said) in enumerate(history)]
    with TemporaryDirectory() as temporary:
        own, warehouse = Path(temporary) / "own", connect()
        own.mkdir()
        for name, text in OWN.items():
            (own / name).write_text(text)
        for number, (day, records, plain) in enumerate(history):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            taken = f'extracted_at = "2026-07-{day:02}T00:00:00Z"\n' if dated else ""
            (folder / "manifest.toml").write_text(f'source_system = "{number}"\n{taken}')
            (folder / "dose.csv").write_text(f"started_at,number\n2026-06-15T10:00:00Z,{number}\n")
            lines = [*records.items(), *(("", value) for value in plain)]
            cells = "".join(f"{identity},p1,spo2,{values},2026-06-15T10:00:00Z,{number}\n" for identity, values in lines)
            (folder / "log.csv").write_text(f"id,patient_id,kind,values,effective_at,number\n{cells}")
            load(warehouse, [folder], source=str(own))
        assert _values(warehouse) == sorted(standing(history))
        gone = which % len(history)
        remove(warehouse, gone + 1)
        assert _values(warehouse) == sorted(standing([each for at, each in enumerate(history) if at != gone]))
        unbalanced = "select count(*) from input_file where received <> loaded + quarantined + duplicates or quarantined < 0"
        assert warehouse.execute(unbalanced).fetchall() == [(0,)]


def _values(warehouse: Connection) -> list[str]:
    return [value for (value,) in warehouse.execute("select value from observation order by value").fetchall()]


def test_a_warehouse_that_removed_an_export_is_one_that_never_had_it(tmp_path: Path) -> None:
    """To the last count: the removed export was what a withdrawn or now unused resource referred to."""
    first = [*PLACE, spo2(85, "a"), pressure(120, 80, "b"), spo2(97, "c")]
    second = [*PLACE, spo2(85, "a", status="entered-in-error"), observation("1234-5", id="b"), spo2(98, "c")]
    compared: list[Any] = []
    for loaded in ((first, second), (second,)):
        folder = tmp_path / str(len(loaded))
        folder.mkdir()
        exports = Exports(folder)
        for each in loaded:
            exports.load(*each)
        if len(loaded) == 2:
            remove(exports.warehouse, 1)
        compared.append(_all_of(exports.warehouse))
    assert json.dumps(compared[0], default=str) == json.dumps(compared[1], default=str)


def _all_of(warehouse: Connection) -> list[Any]:
    tables = ("observation", "observation_aside", "row_identity", "quarantine")
    found = [warehouse.execute(f"select * exclude (file_id) from {table} order by all").fetchall() for table in tables]
    counted = "select table_name, received, loaded, quarantined, duplicates from input_file order by all"
    return [*found, warehouse.execute(counted).fetchall()]
