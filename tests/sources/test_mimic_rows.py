"""MIMIC-IV, by a hospital small enough to read: what every kind of row becomes."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.errors import UserError
from infusion_audit.load import LoadResult, load
from infusion_audit.removal import remove

from ..support.product import protocol_file
from .conftest import protocol_about, reconstruct

COLUMNS = {
    "hosp/patients": "subject_id gender anchor_age anchor_year anchor_year_group dod",
    "hosp/admissions": "subject_id hadm_id admittime dischtime",
    "hosp/diagnoses_icd": "subject_id hadm_id seq_num icd_code icd_version",
    "hosp/procedures_icd": "subject_id hadm_id seq_num chartdate icd_code icd_version",
    "hosp/emar": "subject_id hadm_id emar_id emar_seq poe_id pharmacy_id charttime medication event_txt scheduletime storetime",
    "hosp/emar_detail": "subject_id emar_id emar_seq parent_field_ordinal dose_given dose_given_unit infusion_rate"
    " infusion_rate_unit route",
    "icu/icustays": "subject_id hadm_id stay_id first_careunit last_careunit intime outtime los",
    "icu/inputevents": "subject_id hadm_id stay_id caregiver_id starttime endtime storetime itemid amount amountuom rate rateuom"
    " orderid linkorderid ordercategoryname ordercategorydescription patientweight statusdescription",
    "icu/chartevents": "subject_id hadm_id stay_id caregiver_id charttime storetime itemid value valuenum valueuom warning",
    "icu/procedureevents": "subject_id hadm_id stay_id starttime endtime itemid statusdescription",
    "icu/d_items": "itemid label linksto",
}
Rows = Sequence[Sequence[Any]]


def at(clock: str) -> str:
    return f"2180-03-09 {clock}:00"


def event(
    begin: str,
    end: str,
    amount: float | None,
    rate: float | None = None,
    *,
    order: str,
    status: str = "FinishedRunning",
    weight: float | None = 80,
    line: str = "L1",
    item: int = 221712,
    category: str = "01-Drips",
    unit: str = "mg",
    who: tuple[str, str] = ("P1", "H1"),
) -> list[Any]:
    """A row of inputevents about ketamine, unless the item is another's; rates are in mg/kg/hour."""
    times = [at(begin), at(end), at(end)]
    per_hour = "mg/kg/hour" if rate is not None else None
    return [*who, "S1", "C1", *times, item, amount, unit, rate, per_hour, order, line, category, "Continuous Med", weight, status]


def push(clock: str, amount: float | None, *, order: str, **changed: Any) -> list[Any]:
    hour, minute = clock.split(":")
    return event(clock, f"{hour}:{int(minute) + 1:02d}", amount, order=order, line=order, **{"category": "05-Med Bolus", **changed})


SMALL: dict[str, Rows] = {
    "hosp/patients": [["P1", "F", 52, 2178, "2011 - 2013", None], ["P2", "M", 17, 2180, "2011 - 2013", None]],
    "hosp/admissions": [["P1", "H1", at("08:00"), "2180-03-12 08:00:00"], ["P2", "H2", at("08:00"), None]],
    "hosp/diagnoses_icd": [["P1", "H1", 1, "F1120", "10"], ["P1", "H1", 2, "I10", "10"], ["P1", "H1", 3, "30400", "9"]],
    "icu/icustays": [["P1", "H1", "S1", "MICU", "MICU", at("09:00"), "2180-03-10 09:00:00", 1]],
    "icu/inputevents": [
        push("10:00", 20, order="O0"),
        event("10:05", "11:05", 40, 0.5, order="O1", status="ChangeDose/Rate"),
        event("11:05", "12:05", 16, 0.2, order="O2", status="Paused"),
    ],
    "icu/chartevents": [
        ["P1", "H1", "S1", "C1", at("09:30"), at("09:31"), 226512, "80", 80, "kg", 0],
        ["P1", "H1", "S1", "C1", at("10:15"), at("10:16"), 228096, " 0  Alert and calm", 0, None, 0],
    ],
}
LABELS = [["221712", "Ketamine", "inputevents"], ["220052", "Arterial Blood Pressure mean", "chartevents"]]


def write_mimic(folder: Path, *, without: Sequence[str] = (), **tables: Rows) -> Path:
    """A MIMIC-IV extract in PhysioNet's folders: the small one, with these tables instead of its own."""
    chosen = {**SMALL, **{f"{'icu' if f'icu/{name}' in COLUMNS else 'hosp'}/{name}": rows for name, rows in tables.items()}}
    for table, rows in chosen.items():
        columns = COLUMNS[table].split()
        kept = [index for index, name in enumerate(columns) if name not in without]
        path = folder / f"{table}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([columns[index] for index in kept])
            writer.writerows([[row[index] for index in kept] for row in rows])
    return folder


@pytest.fixture
def warehouse() -> Connection:
    return connect()


def load_mimic(warehouse: Connection, folder: Path) -> LoadResult:
    result = load(warehouse, [folder], source="mimic-iv")
    for file in result.inputs:
        assert file.received == file.loaded + file.quarantined + file.duplicates
    return result


def chart(warehouse: Connection, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return warehouse.execute(f"select {columns} from administration where {where} order by file_id, line, event").fetchall()


def kept_out(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select line, column_name, reason, patient_id from quarantine where scope = 'row' order by line, patient_id"
    ).fetchall()


def total(warehouse: Connection, folder: Path) -> tuple[str, str, float | None]:
    """Verdict, reason and value of the session's total."""
    reconstruct(warehouse, Path(protocol_file(folder / "all.toml")))
    (row,) = warehouse.execute("select verdict, reason, observed from verdict where rule_id = 'KD-07'").fetchall()
    return row


def topics(result: LoadResult) -> dict[tuple[str, str], int]:
    return {(topic, value): count for topic, value, count in result.notices}


def test_a_rate_is_an_infusion_from_start_to_end_and_an_amount_at_a_time_a_push(warehouse: Connection, tmp_path: Path) -> None:
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", d_items=LABELS))
    times = "strftime(started_at, '%H:%M'), strftime(stopped_at, '%H:%M')"
    assert chart(warehouse, f"event, {times}, dose::double, dose_unit, rate::double, rate_unit, order_id, status, line") == [
        ("bolus", "10:00", None, 20, "mg", None, None, "O0", "completed", 2),
        ("infusion", "10:05", "11:05", None, None, 0.5, "mg/kg/h", "L1", "completed", 3),
        ("infusion", "11:05", "12:05", None, None, 0.2, "mg/kg/h", "L1", "stopped", 4),
    ]
    assert set(chart(warehouse, "patient_id, encounter_id, product, route, pump_weight::double, invalid")) == {
        ("P1", "H1", "ketamine", "iv", 80, None)
    }
    assert result.notices == []


def test_the_total_is_what_the_rows_say_was_given(warehouse: Connection, tmp_path: Path) -> None:
    load_mimic(warehouse, write_mimic(tmp_path / "mimic"))
    assert total(warehouse, tmp_path) == ("compliant", "within_limit", pytest.approx((20 + 40 + 16) / 80))


def test_a_rewritten_row_is_superseded_and_not_summed(warehouse: Connection, tmp_path: Path) -> None:
    """Three times the dose was typed first; the row that replaced it stands beside it."""
    rewritten = event("10:05", "11:05", 120, 1.5, order="O7", status="Rewritten")
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[*SMALL["icu/inputevents"], rewritten]))
    assert chart(warehouse, "status", "line = 5") == [("entered_in_error",)]
    assert topics(result) == {("rewritten input event, not given", "ketamine"): 1}
    assert total(warehouse, tmp_path) == ("compliant", "within_limit", pytest.approx((20 + 40 + 16) / 80))


def test_a_rewritten_row_that_contradicts_itself_concerns_nobody(warehouse: Connection, tmp_path: Path) -> None:
    rewritten = event("10:05", "11:05", 400, 0.5, order="O7", status="Rewritten")
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[*SMALL["icu/inputevents"], rewritten]))
    assert kept_out(warehouse) == []


@pytest.mark.parametrize(
    ("status", "becomes", "invalid"),
    [
        ("FinishedRunning", "completed", None),
        ("ChangeDose/Rate", "completed", None),
        ("Paused", "stopped", None),
        ("Stopped", "stopped", None),
        ("Rewritten", "entered_in_error", None),
        ("Flushed", None, ["status"]),
        ("Evaporated", None, ["status"]),
        ("refused", None, ["status"]),
    ],
)
def test_every_status_is_given_not_given_or_unknown(
    warehouse: Connection, tmp_path: Path, status: str, becomes: str | None, invalid: list[str] | None
) -> None:
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[push("10:00", 20, order="O0", status=status)]))
    assert chart(warehouse, "status, invalid") == [(becomes, invalid)]


def test_without_the_status_column_nobody_can_tell_what_was_rewritten_and_the_user_is_told(warehouse: Connection, tmp_path: Path) -> None:
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", without=["statusdescription"]))
    assert list(topics(result).values()) == [3]
    assert "rewritten rows cannot be told" in result.notices[0][0]


def test_a_missing_weight_makes_the_total_unknown_and_leaves_the_rate(warehouse: Connection, tmp_path: Path) -> None:
    rows = [event("10:05", "11:05", 40, 0.5, order="O1", weight=None)]
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows))
    assert chart(warehouse, "rate::double, pump_weight") == [(0.5, None)]
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "pump_weight_missing")


@pytest.mark.parametrize("row", [event("10:05", "11:05", 40, 0.7, order="O1"), event("10:05", "11:05", 40, 0.5, order="O1", weight=95)])
def test_an_amount_that_rate_weight_and_time_do_not_give_is_not_believed(warehouse: Connection, tmp_path: Path, row: list[Any]) -> None:
    rows = [push("10:00", 20, order="O0"), row]
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows))
    assert kept_out(warehouse) == [(3, None, "dose_contradicts_rate", "P1")]
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "row_kept_out")


def test_an_amount_over_a_period_is_a_total_of_an_infusion_whose_rate_nobody_charted(warehouse: Connection, tmp_path: Path) -> None:
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[event("10:05", "11:05", 40, order="O1")]))
    assert chart(warehouse, "event, strftime(started_at, '%H:%M'), dose::double, line") == [
        ("infusion", "10:05", None, 2),
        ("infused_total", "11:05", 40, 2),
    ]
    refs = warehouse.execute("select count(*), count(distinct (file_id, line)) from administration").fetchall()
    assert refs == [(2, 2)]
    assert total(warehouse, tmp_path)[2] == pytest.approx(0.5)


def test_an_amount_that_ends_before_it_starts_is_no_push(warehouse: Connection, tmp_path: Path) -> None:
    rows = [
        *SMALL["icu/inputevents"],
        event("11:05", "10:05", 200, order="O8"),
        event("11:05", "10:05", 200, order="O9", status="Rewritten"),
    ]
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows))
    assert kept_out(warehouse) == [(5, None, "ends_before_start", "P1")]
    assert chart(warehouse, "status, line", "line > 4") == [("entered_in_error", 6)]
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "row_kept_out")


def test_a_row_of_an_admission_of_another_patient_is_lost_for_both(warehouse: Connection, tmp_path: Path) -> None:
    rows = [*SMALL["icu/inputevents"], push("10:30", 5, order="O8", who=("P2", "H1"))]
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows))
    assert kept_out(warehouse) == [(5, None, "encounter_of_another_patient", "P1"), (5, None, "encounter_of_another_patient", "P2")]
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "row_kept_out")


def test_a_diagnosis_reading_or_procedure_of_an_admission_of_another_patient_is_lost_for_both(
    warehouse: Connection, tmp_path: Path
) -> None:
    mixed = ["P2", "H1", "S1", "C1", at("10:20"), at("10:20"), 220277, "97", 97, "%", 0]
    folder = write_mimic(
        tmp_path / "mimic",
        chartevents=[*SMALL["icu/chartevents"], mixed],
        diagnoses_icd=[["P1", "H1", 1, "I10", "10"], ["P2", "H1", 1, "G932", "10"]],
        procedureevents=[["P2", "H1", "S1", at("08:00"), at("08:01"), 225469, "FinishedRunning"]],
    )
    load_mimic(warehouse, folder)
    found = "select table_name, line, patient_id, reason from quarantine where scope = 'row' order by all"
    lost = [(table, line, patient) for table, line in (("condition", 3), ("observation", 4), ("procedure", 2)) for patient in ("P1", "P2")]
    assert warehouse.execute(found).fetchall() == [(*row, "encounter_of_another_patient") for row in lost]
    found = "select distinct event, on_date::varchar from quarantine where table_name = 'observation'"
    assert warehouse.execute(found).fetchall() == [("spo2", "2180-03-09")]
    assert warehouse.execute("select count(*) from procedure").fetchall() == [(0,)]
    assert warehouse.execute("select patient_id, code from condition").fetchall() == [("P1", "I10")]
    reconstruct(warehouse, Path(protocol_file(tmp_path / "all.toml")), "KC-05")
    assert warehouse.execute("select verdict, reason from verdict").fetchall() == [("not_evaluable", "finding_kept_out")]


def test_two_equal_pushes_of_two_orders_are_two(warehouse: Connection, tmp_path: Path) -> None:
    rows = [push("10:00", 20, order="O1"), push("10:00", 20, order="O2"), push("10:00", 20, order="O2")]
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows))
    assert [(file.loaded, file.duplicates) for file in result.inputs if file.file == "icu/inputevents.csv.gz"] == [(2, 1)]


def test_an_item_in_no_map_whose_name_holds_a_known_drug_is_not_passed_over(warehouse: Connection, tmp_path: Path) -> None:
    rows = [*SMALL["icu/inputevents"], push("10:30", 5, order="O8", item=230999), push("10:40", 5, order="O9", item=230000)]
    labels = [*LABELS, ["230999", "Ketamine (Concentrate)", "inputevents"], ["230000", "Cefazolin", "inputevents"]]
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows, d_items=labels))
    assert kept_out(warehouse) == [(5, None, "product_not_mapped", "P1")]
    assert topics(result) == {("drug in no map", "cefazolin"): 1, ("drug in no map", "ketamine (concentrate)"): 1}
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "row_kept_out")


def test_a_name_that_holds_several_drugs_may_be_any_of_them(warehouse: Connection, tmp_path: Path) -> None:
    rows = [*SMALL["icu/inputevents"], push("10:30", 200, order="O8", item=230999)]
    labels = [*LABELS, ["230999", "Midazolam/Ketamine", "inputevents"]]
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=rows, d_items=labels))
    assert warehouse.execute("select product, reason from quarantine").fetchall() == [("ketamine or midazolam", "product_not_mapped")]
    assert total(warehouse, tmp_path)[:2] == ("not_evaluable", "row_kept_out")


def nurse(clock: str, said: str | None, identity: str, medication: str = "Ketamine", day: int = 11) -> list[Any]:
    """A row of the nurses' record, on the ward two days after the ICU unless said otherwise."""
    when = f"2180-03-{day:02d} {clock}:00"
    return ["P1", "H1", identity, 1, None, "R1", when, medication, said, when, when]


def scanned(
    identity: str, part: str | None, dose: str | None, *, rate: str | None = None, unit: str = "mg/hr", route: str | None = "IV"
) -> list[Any]:
    return ["P1", identity, 1, part, dose, "mg" if dose else None, rate, unit if rate else None, route]


def test_the_nurses_record_of_a_ward_is_read_with_its_details(warehouse: Connection, tmp_path: Path) -> None:
    emar = [
        nurse("09:00", "Administered", "E1"),
        nurse("10:00", "Started", "E2"),
        nurse("10:30", "Rate Change", "E3"),
        nurse("11:00", "Stopped", "E4"),
        nurse("12:00", "Not Given", "E5"),
        nurse("13:00", "Hold Dose", "E6"),
        nurse("14:00", "Assessed", "E7"),
        nurse("15:00", "Administered", "E8", "Senna"),
        nurse("16:00", None, "E9"),
        nurse("17:00", "Administered", "E10"),
        nurse("18:00", "Started", "E11"),
        nurse("19:00", "Rate Change", "E12"),
        nurse("20:00", "refused", "E13"),
    ]
    details = [
        scanned("E1", None, None),
        scanned("E1", "1.1", "10"),
        scanned("E1", "1.2", "5"),
        scanned("E2", None, None, rate="20"),
        scanned("E3", None, None, rate="30"),
        scanned("E5", None, None),
        scanned("E9", None, "10"),
        scanned("E10", "1.1", "___"),
        scanned("E10", "1.2", "5", route="PO"),
        scanned("E11", "1.1", None, rate="5"),
        scanned("E11", "1.2", None, rate="5", unit="mL/hr"),
        scanned("E12", "1.1", None, rate="5"),
        scanned("E12", "1.2", None, rate="5", unit="mg/hour"),
        scanned("E13", None, "10"),
    ]
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[], emar=emar, emar_detail=details))
    assert chart(warehouse, "line, event, dose::double, rate::double, rate_unit, route, status, invalid", "product = 'ketamine'") == [
        (2, "bolus", 15, None, None, "iv", "completed", None),
        (3, "infusion", None, 20, "mg/h", "iv", "completed", None),
        (4, "rate_change", None, 30, "mg/h", "iv", "completed", None),
        (5, "stop", None, None, None, "iv", "completed", None),
        (6, "bolus", None, None, None, "iv", "not_given", None),
        (7, "bolus", None, None, None, None, "held", ["route"]),
        (10, "bolus", 10, None, None, "iv", None, ["status"]),
        (11, "bolus", None, None, None, None, "completed", ["route", "dose"]),
        (12, "infusion", None, None, "mL/h", "iv", "completed", ["rate"]),
        (13, "rate_change", None, 5, "mg/h", "iv", "completed", None),
        (14, "bolus", 10, None, None, "iv", None, ["status"]),
    ]
    assert topics(result) == {
        ("drug in no map", "senna"): 1,
        ("eMAR event in no map", "none"): 1,
        ("eMAR event in no map", "refused"): 1,
        ("eMAR event that gives nothing", "Assessed"): 1,
        ("route in no map", "not charted"): 1,
        ("route in no map", "several routes"): 1,
    }


def test_the_nurses_record_of_an_icu_stay_that_charts_the_drug_itself_is_listed_and_never_added(
    warehouse: Connection, tmp_path: Path
) -> None:
    emar = [nurse("10:00", "Administered", "E1", day=9), nurse("10:00", "Administered", "E2", "Propofol", day=9)]
    details = [scanned("E1", None, "20"), scanned("E2", None, "50")]
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", emar=emar, emar_detail=details))
    assert chart(warehouse, "product, dose::double", "administration_id like 'emar%'") == [("ketamine (emar)", 20), ("propofol", 50)]
    assert topics(result) == {("eMAR row of an ICU stay, told by the ICU's own chart", "ketamine (emar)"): 1}
    assert total(warehouse, tmp_path) == ("compliant", "within_limit", pytest.approx((20 + 40 + 16) / 80))


def test_people_stays_observations_and_diagnoses_are_canonical_and_no_birth_date_is_guessed(warehouse: Connection, tmp_path: Path) -> None:
    events = [
        *SMALL["icu/chartevents"],
        ["P1", "H1", "S1", "C1", at("09:30"), at("09:31"), 226531, "176.4", 176.4, None, 0],
        ["P1", "H1", "S1", "C1", at("10:20"), at("10:20"), 220277, "97", 97, "%", 0],
        ["P1", "H1", "S1", "C1", at("10:20"), at("10:20"), 220277, None, None, "%", 0],
        ["P1", "H1", "S1", "C1", at("10:25"), at("10:25"), 224639, "80000", 80000, "grams", 0],
        ["P1", "H1", "S1", "C1", at("10:25"), at("10:25"), 220052, "70", 70, "mmHg", 0],
    ]
    received = [["P1", "H1", "S1", at("07:40"), at("07:41"), 225469, "FinishedRunning"], ["P1", "H1", "S1", at("07:40"), None, 225792, ""]]
    coded = [["P1", "H1", 1, "2180-03-08", "0DTJ4ZZ", "10"]]
    folder = write_mimic(tmp_path / "mimic", chartevents=events, procedureevents=received, procedures_icd=coded, d_items=LABELS)
    result = load_mimic(warehouse, folder)
    run = warehouse.execute
    assert run("select patient_id, sex, birth_date from patient order by 1").fetchall() == [("P1", "female", None), ("P2", "male", None)]
    assert run(
        "select encounter_id, patient_id, started_at::varchar, ended_at::varchar, department from encounter order by 1"
    ).fetchall() == [
        ("H1", "P1", "2180-03-09 08:00:00", "2180-03-12 08:00:00", None),
        ("H2", "P2", "2180-03-09 08:00:00", None, None),
    ]
    assert run("select kind, value_number::double, unit, line from observation order by line").fetchall() == [
        ("weight", 80, "kg", 2),
        ("rass", 0, None, 3),
        ("weight", 176.4, "lb", 4),
        ("spo2", 97, "%", 5),
        ("weight", 80000, "grams", 7),
    ]
    assert run("select code, code_system, present_on_admission from condition order by line").fetchall() == [
        ("F11.20", "icd10cm", None),
        ("I10", "icd10cm", None),
        ("30400", "other", None),
    ]
    assert run("select kind, ended_at::varchar from procedure").fetchall() == [("surgery", "2180-03-09 07:41:00")]
    assert topics(result) == {
        ("charted item in no map", "Arterial Blood Pressure mean"): 1,
        ("charted item without a value", "spo2"): 1,
        ("coded procedure: a date without a time", "ICD-10"): 1,
        ("procedure in no map", "item 225792"): 1,
    }


def test_a_later_extract_replaces_a_corrected_reading_diagnosis_or_procedure_and_gives_way_when_it_is_removed(
    warehouse: Connection, tmp_path: Path
) -> None:
    """A place that the later extract leaves out stands as it was; a rewritten procedure takes its row back."""

    def chart(clock: str, item: int, value: float | None) -> list[Any]:
        return ["P1", "H1", "S1", "C1", at(clock), at(clock), item, None, value, None, 0]

    def arrival(clock: str, status: str) -> list[Any]:
        return ["P1", "H1", "S1", at(clock), at(clock), 225469, status]

    first = write_mimic(
        tmp_path / "one",
        chartevents=[chart("10:15", 220277, 85), chart("10:30", 220277, 96), chart("10:45", 220277, 88)],
        procedureevents=[arrival("08:00", "FinishedRunning"), arrival("09:00", "FinishedRunning")],
    )
    second = write_mimic(
        tmp_path / "two",
        chartevents=[chart("10:15", 220277, 95), chart("10:45", 220277, None)],
        procedureevents=[arrival("09:00", "Rewritten")],
        diagnoses_icd=[["P1", "H1", 1, "F329", "10"]],
    )
    load_mimic(warehouse, first)
    said = _said(warehouse)
    load_mimic(warehouse, second)
    assert _said(warehouse) == ["30400", "F32.9", "I10", "spo2 95", "spo2 96", "surgery 08:00:00"]
    remove(warehouse, 2)
    assert _said(warehouse) == said


FIRST, SECOND = event("10:05", "11:05", 40, 0.5, order="O1"), event("11:05", "12:05", 16, 0.2, order="O1")
AMOUNT = event("10:05", "11:05", 40, order="O1")


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        ([FIRST], [event("10:35", "11:35", 40, 0.5, order="O1")], ["infusion 10:35"]),
        ([FIRST, SECOND], [SECOND], ["infusion 11:05"]),
        ([SECOND], [FIRST, SECOND], ["infusion 10:05", "infusion 11:05"]),
        ([FIRST, SECOND], [push("14:00", 5, order="O2")], ["bolus 14:00", "infusion 10:05", "infusion 11:05"]),
        ([AMOUNT], [AMOUNT], ["infused_total 11:05", "infusion 10:05"]),
        ([AMOUNT], [FIRST], ["infusion 10:05"]),
        ([AMOUNT], [event("10:05", "11:05", 400, 0.5, order="O1")], []),
        ([FIRST], [AMOUNT], ["infused_total 11:05", "infusion 10:05"]),
    ],
    ids=["start", "one of two left out", "one more", "another order", "the same again", "a total less", "refused", "a total more"],
)
def test_the_rows_of_one_order_are_corrected_together_whatever_is_loaded_first(
    warehouse: Connection, tmp_path: Path, before: Rows, after: Rows, stands: list[str]
) -> None:
    """And an extract that is removed is as if it had never been there."""
    folders = [write_mimic(tmp_path / name, inputevents=rows) for name, rows in (("one", before), ("two", after))]
    for folder, month in zip(folders, ("2181-01", "2181-02"), strict=True):
        (folder / "manifest.toml").write_text(f'extracted_at = "{month}-01T00:00:00Z"\n', encoding="utf-8")
    other = connect()
    for connection, ordered in ((warehouse, folders), (other, reversed(folders))):
        for folder in ordered:
            load_mimic(connection, folder)
        assert _given(connection) == stands
    remove(other, 1)
    alone = connect()
    load_mimic(alone, folders[0])
    assert _given(other) == _given(alone)


def test_an_order_of_several_rows_is_none_of_mimic_and_the_user_is_told(warehouse: Connection, tmp_path: Path) -> None:
    result = load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[FIRST, SECOND, SECOND]))
    assert topics(result) == {("further rows of an order and item, which a later extract replaces together", "ketamine"): 2}


def _given(warehouse: Connection) -> list[str]:
    found = warehouse.execute("select event || ' ' || strftime(started_at, '%H:%M') from administration order by all").fetchall()
    return [given for (given,) in found]


def test_a_place_is_the_same_however_its_time_is_written(warehouse: Connection, tmp_path: Path) -> None:
    """Without an orderid, its place in the chart tells an input event."""

    def extract(name: str, dose: float, spo2: float, end: str) -> Path:
        return write_mimic(
            tmp_path / name,
            without=["orderid"],
            inputevents=[push("10:00", dose, order="")],
            chartevents=[["P1", "H1", "S1", "C1", at("10:15"), at("10:15"), 220277, None, spo2, None, 0]],
            procedureevents=[["P1", "H1", "S1", at("08:00"), at(end), 225469, "FinishedRunning"]],
        )

    load_mimic(warehouse, extract("one", 20, 85, "08:01"))
    second = extract("two", 25, 95, "08:31")
    for path in second.rglob("*.csv.gz"):
        path.write_bytes(gzip.compress(re.sub(rb"(\d\d:\d\d):00", rb"\1", gzip.decompress(path.read_bytes()))))
    load_mimic(warehouse, second)
    assert chart(warehouse, "dose::double") == [(25,)]
    assert _said(warehouse) == ["30400", "F11.20", "I10", "spo2 95", "surgery 08:31:00"]


def _said(warehouse: Connection) -> list[str]:
    """Every reading, diagnosis and procedure that stands."""
    found = warehouse.execute(
        """select kind || ' ' || value from observation union all select code from condition
        union all select kind || ' ' || ended_at::time from procedure order by all"""
    ).fetchall()
    return [said for (said,) in found]


def test_only_what_the_extract_has_is_covered(warehouse: Connection, tmp_path: Path) -> None:
    load_mimic(warehouse, write_mimic(tmp_path / "mimic"))
    covered = warehouse.execute("select kind from coverage where table_name = 'observation' order by kind").fetchall()
    assert covered == [("rass",), ("weight",)]


def test_an_hour_that_real_clocks_skip_holds_a_dose_here(warehouse: Connection, tmp_path: Path) -> None:
    """Shifted years know no daylight saving time."""
    row = push("02:30", 20, order="O0")
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[[str(cell).replace("2180-03-09", "2180-03-12") for cell in row]]))
    assert chart(warehouse, "started_at::varchar") == [("2180-03-12 02:30:00",)]


def test_tables_in_one_folder_with_the_module_in_front_are_the_same_tables(warehouse: Connection, tmp_path: Path) -> None:
    folder, flat = write_mimic(tmp_path / "mimic"), tmp_path / "flat"
    flat.mkdir()
    for path in folder.rglob("*.csv.gz"):
        path.rename(flat / f"{path.parent.name}_{path.name}")
    load_mimic(warehouse, flat)
    assert len(chart(warehouse, "line")) == 3


@pytest.mark.parametrize("missing", ["hosp/patients", "hosp/admissions", "icu/inputevents"])
def test_a_table_that_holds_doses_or_identities_may_not_be_missing(warehouse: Connection, tmp_path: Path, missing: str) -> None:
    folder = write_mimic(tmp_path / "mimic")
    (folder / f"{missing}.csv.gz").unlink()
    with pytest.raises(UserError, match="which the source mimic-iv reads"):
        load_mimic(warehouse, folder)


def test_another_drug_is_audited_by_its_item(warehouse: Connection, tmp_path: Path) -> None:
    load_mimic(warehouse, write_mimic(tmp_path / "mimic", inputevents=[push("10:00", 50, order="O0", item=222168)]))
    reconstruct(warehouse, protocol_about("propofol", tmp_path / "propofol.toml"))
    assert warehouse.execute("select count(*) from session").fetchall() == [(1,)]


def spoiled(text: str, mark: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    target = io.StringIO()
    csv.writer(target, delimiter=mark, lineterminator="\n").writerows(rows)
    return target.getvalue()


GERMAN = (r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d):\d\d", r"\3.\2.\1 \4")
WRONG: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "semicolons": (
        lambda text: spoiled(text, ";"),
        "line 1: the columns are not separated by commas but by semicolons; save it as CSV with commas",
    ),
    "tabs": (lambda text: spoiled(text, "\t"), "line 1: the columns are not separated by commas but by tabs"),
    "another encoding": (lambda text: text.encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
    "a missing column": (
        lambda text: text.replace("starttime", "start_time"),
        'line 1: there is no column starttime; did you mean "start_time"',
    ),
    "dates as text": (lambda text: re.sub(*GERMAN, text), "line 2: started_at is no time, here and in every other row.*\n.*yyyy-mm-dd"),
    "nothing": (lambda _: "", "is empty"),
}


@pytest.mark.parametrize(("spoil", "told"), WRONG.values(), ids=WRONG)
def test_a_file_that_cannot_be_used_is_refused_with_its_name_the_line_and_the_way_out(
    warehouse: Connection, tmp_path: Path, spoil: Callable[[str], str | bytes], told: str
) -> None:
    folder = write_mimic(tmp_path / "mimic")
    file = folder / "icu" / "inputevents.csv.gz"
    content = spoil(gzip.decompress(file.read_bytes()).decode())
    file.write_bytes(gzip.compress(content if isinstance(content, bytes) else content.encode()))
    with pytest.raises(UserError, match=r"icu/inputevents\.csv\.gz,? (is|line)"):
        load_mimic(warehouse, folder)
    with pytest.raises(UserError, match=told):
        load_mimic(warehouse, folder)


def test_a_file_that_broke_off_is_refused_or_costs_the_line_of_a_lost_dose(warehouse: Connection, tmp_path: Path) -> None:
    folder = write_mimic(tmp_path / "mimic")
    file = folder / "icu" / "inputevents.csv.gz"
    text = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(text[:-40]))
    load_mimic(warehouse, folder)
    query = "select table_name, line, reason, patient_id is not null from quarantine where scope = 'row'"
    assert warehouse.execute(query).fetchall() == [("administration", 4, "too_few_cells", True)]
    file.write_bytes(gzip.compress(text)[:-10])
    with pytest.raises(UserError, match=r"inputevents\.csv\.gz is not a whole gzip file.*export or copy it again"):
        load_mimic(connect(), folder)
