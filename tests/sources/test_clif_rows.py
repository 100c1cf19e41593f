"""CLIF 2.1, by a hospital small enough to read: what every kind of row becomes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.errors import UserError
from infusion_audit.load import LoadResult, load
from infusion_audit.removal import remove

from .conftest import protocol_about, reconstruct

TABLES = {
    "patient": "patient_id varchar, sex_category varchar, birth_date timestamp",
    "hospitalization": "patient_id varchar, hospitalization_id varchar, admission_dttm timestamptz, discharge_dttm timestamptz",
    "adt": "hospitalization_id varchar, hospital_id varchar, in_dttm timestamptz",
    "medication_admin_continuous": "hospitalization_id varchar, med_order_id varchar, admin_dttm timestamptz, med_category varchar,"
    " mar_action_name varchar, mar_action_category varchar, med_dose float, med_dose_unit varchar, med_route_category varchar",
    "medication_admin_intermittent": "hospitalization_id varchar, med_order_id varchar, admin_dttm timestamptz, med_category varchar,"
    " mar_action_name varchar, mar_action_category varchar, med_dose float, med_dose_unit varchar, med_route_category varchar",
    "vitals": "hospitalization_id varchar, recorded_dttm timestamptz, vital_category varchar, vital_value double",
    "patient_assessments": "hospitalization_id varchar, recorded_dttm timestamptz, assessment_category varchar, numerical_value double",
    "hospital_diagnosis": "hospitalization_id varchar, diagnosis_code varchar, diagnosis_code_format varchar, poa_present integer",
}
Rows = Sequence[tuple[Any, ...]]


def at(clock: str) -> str:
    """A time of the day of the chart; years are shifted in de-identified extracts."""
    return f"2180-02-21 {clock}:00+00"


def rate(
    clock: str, action: str, dose: float | None = 0, *, name: str = "", order: str = "O1", unit: str = "mcg/kg/min"
) -> tuple[Any, ...]:
    return ("H1", order, at(clock), "propofol", name or action, action, dose, unit, "iv")


def push(
    clock: str, dose: float | None, action: str | None = "given", *, order: str = "O9", stay: str = "H1", route: str = "iv"
) -> tuple[Any, ...]:
    return (stay, order, at(clock), "propofol", action, action, dose, "mg", route)


SMALL: dict[str, Rows] = {
    "patient": [("P1", "Female", "2120-05-01"), ("P2", "Unknown", None)],
    "hospitalization": [("P1", "H1", at("08:00"), "2180-02-24 08:00:00+00"), ("P2", "H2", at("08:00"), None)],
    "adt": [("H1", "late", at("12:00")), ("H1", "first", at("08:00"))],
    "medication_admin_continuous": [
        rate("10:00", "start", 50),
        rate("10:30", "dose_change", 40.1),
        rate("11:00", "verify", 40.1),
        rate("11:30", "stop", name="Paused"),
        rate("12:00", "going", 20, name="Paused, [Restarted]"),
        rate("13:00", "stop", name="FinishedRunning"),
    ],
    "medication_admin_intermittent": [push("10:05", 20)],
    "vitals": [("H1", at("09:00"), "weight_kg", 80.123456789123), ("H1", at("10:10"), "spo2", 97), ("H1", at("10:10"), "map", 70)],
    "patient_assessments": [("H1", at("10:15"), "RASS", -2), ("H1", at("10:15"), "gcs_total", 15)],
    "hospital_diagnosis": [("H1", "F1120", "ICD10CM", 1), ("H1", "I10", "ICD10CM", 0), ("H1", "30400", "ICD9CM", None)],
}


def write_clif(folder: Path, **tables: Rows) -> Path:
    """A CLIF extract: the small one, with these tables instead of its own."""
    folder.mkdir(exist_ok=True)
    with connect() as connection:
        for table, columns in TABLES.items():
            rows = {**SMALL, **tables}[table]
            connection.execute(f"create table {table} ({columns})")
            if rows:
                connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
            connection.execute(f"copy {table} to '{folder}/clif_{table}.parquet' (format parquet)")
    return folder


@pytest.fixture
def warehouse() -> Connection:
    return connect()


def load_clif(warehouse: Connection, folder: Path) -> LoadResult:
    result = load(warehouse, [folder], source="clif")
    for file in result.inputs:
        assert file.received == file.loaded + file.quarantined + file.duplicates
    return result


def chart(warehouse: Connection, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    """Administration rows by file and line."""
    query = f"select {columns} from administration as a inner join input_file as f using (file_id) where {where} order by f.file, line"
    return warehouse.execute(query).fetchall()


def test_every_action_becomes_an_event_with_its_exact_rate_file_and_line(warehouse: Connection, tmp_path: Path) -> None:
    load_clif(warehouse, write_clif(tmp_path / "clif"))
    continuous, intermittent = "clif_medication_admin_continuous.parquet", "clif_medication_admin_intermittent.parquet"
    assert chart(warehouse, "event, strftime(started_at, '%H:%M'), rate::double, rate_unit, dose::double, dose_unit, f.file, line") == [
        ("infusion", "10:00", 50, "mcg/kg/min", None, None, continuous, 1),
        ("rate_change", "10:30", 40.1, "mcg/kg/min", None, None, continuous, 2),
        ("rate_verify", "11:00", 40.1, "mcg/kg/min", None, None, continuous, 3),
        ("pause", "11:30", None, None, None, None, continuous, 4),
        ("rate_change", "12:00", 20, "mcg/kg/min", None, None, continuous, 5),
        ("stop", "13:00", None, None, None, None, continuous, 6),
        ("bolus", "10:05", None, None, 20, "mg", intermittent, 1),
    ]
    assert set(chart(warehouse, "patient_id, encounter_id, product, route, status, a.source, invalid::varchar")) == {
        ("P1", "H1", "propofol", "iv", "completed", "mar", None)
    }
    assert chart(warehouse, "rate::varchar", "rate_unit is not null")[1] == ("40.100000000",)


def test_doses_are_rate_times_time_and_a_pause_gives_nothing(warehouse: Connection, tmp_path: Path) -> None:
    load_clif(warehouse, write_clif(tmp_path / "clif"))
    reconstruct(warehouse, protocol_about("propofol", tmp_path / "propofol.toml"))
    assert warehouse.execute(
        """select strftime(started_at, '%H:%M'), strftime(ended_at, '%H:%M'), round(mg_per_kg_h / 0.06, 9)::double
        from segment where mg_per_kg_h > 0 order by started_at"""
    ).fetchall() == [("10:00", "10:30", 50), ("10:30", "11:30", 40.1), ("12:00", "13:00", 20)]
    assert warehouse.execute("select count(*), min(started_at)::varchar, max(ended_at)::varchar from session").fetchall() == [
        (1, "2180-02-21 10:00:00", "2180-02-21 13:00:00")
    ]


@pytest.mark.parametrize(
    ("row", "status", "route", "invalid"),
    [
        (push("10:05", 20, "bolus"), "completed", "iv", None),
        (push("10:05", 20, "not_given"), "not_given", "iv", None),
        (push("10:05", 20, "other"), None, "iv", ["status"]),
        (push("10:05", 20, "refused"), None, "iv", ["status"]),
        (push("10:05", 20, None), None, "iv", ["status"]),
        (push("10:05", 20, route="enteral"), "completed", "po", None),
        (push("10:05", 20, route="im"), "completed", "im", None),
        (push("10:05", 20, route="inhaled"), "completed", None, ["route"]),
        (push("10:05", 20, route="IN"), "completed", None, ["route"]),
        (push("10:05", float("nan")), "completed", "iv", ["dose"]),
        (push("10:05", 1e20), "completed", "iv", ["dose"]),
    ],
    ids=["bolus", "not given", "other", "refused", "not charted", "enteral", "im", "inhaled", "in", "no number", "too large"],
)
def test_what_the_contract_cannot_say_becomes_unknown_and_is_listed(
    warehouse: Connection, tmp_path: Path, row: tuple[Any, ...], status: str | None, route: str | None, invalid: list[str] | None
) -> None:
    load_clif(warehouse, write_clif(tmp_path / "clif", medication_admin_intermittent=[row]))
    assert chart(warehouse, "status, route, invalid", "event = 'bolus'") == [(status, route, invalid)]
    listed = warehouse.execute("select scope, column_name from quarantine").fetchall()
    assert listed == [("cell", column) for column in invalid or []]


@pytest.mark.parametrize("action", ["other", "infusion"])
def test_a_row_of_an_unknown_stay_or_action_is_kept_out_with_its_place(warehouse: Connection, tmp_path: Path, action: str) -> None:
    """A word of the contract is no action of CLIF."""
    rows = [rate("10:00", "start", 50), rate("10:10", action, 30), rate("10:20", "stop")]
    load_clif(
        warehouse,
        write_clif(tmp_path / "clif", medication_admin_continuous=rows, medication_admin_intermittent=[push("10:05", 5, stay="H7")]),
    )
    assert warehouse.execute(
        """select f.file, q.line, q.scope, q.column_name, q.reason
        from quarantine as q inner join input_file as f using (file_id) order by f.file"""
    ).fetchall() == [
        ("clif_medication_admin_continuous.parquet", 2, "row", "event", "not_allowed"),
        ("clif_medication_admin_intermittent.parquet", 1, "row", "patient_id", "empty"),
    ]


def test_the_same_row_twice_is_a_duplicate_and_two_doses_at_one_time_are_two(warehouse: Connection, tmp_path: Path) -> None:
    rows = [push("10:05", 20), push("10:05", 20), push("10:05", 10)]
    result = load_clif(warehouse, write_clif(tmp_path / "clif", medication_admin_intermittent=rows))
    (file,) = [file for file in result.inputs if file.file == "clif_medication_admin_intermittent.parquet"]
    assert (file.received, file.loaded, file.duplicates) == (3, 2, 1)
    assert sorted(chart(warehouse, "dose::double", "event = 'bolus'")) == [(10,), (20,)]


def test_a_later_extract_replaces_a_corrected_dose_and_keeps_the_other_rows(warehouse: Connection, tmp_path: Path) -> None:
    before, after = [push("10:05", 20), push("14:00", 5)], [push("15:00", 7), push("14:00", 5), push("10:05", 25)]
    load_clif(warehouse, write_clif(tmp_path / "one", medication_admin_intermittent=before))
    load_clif(warehouse, write_clif(tmp_path / "two", medication_admin_intermittent=after))
    assert warehouse.execute("select dose::double from administration where event = 'bolus' order by started_at").fetchall() == [
        (25,),
        (5,),
        (7,),
    ]
    assert warehouse.execute("select count(*) from administration where event <> 'bolus'").fetchall() == [(6,)]


GIVEN_TWICE = [push("10:05", 20), push("10:05", 30)]


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        ([push("10:05", 20)], [push("10:05", 20, "not_given")], [(20, "not_given")]),
        ([push("10:05", 20, "bolus")], [push("10:05", 20, "other")], [(20, None)]),
        (GIVEN_TWICE, [push("10:05", 30)], [(30, "completed")]),
        ([push("10:05", 30)], GIVEN_TWICE, [(20, "completed"), (30, "completed")]),
        (GIVEN_TWICE, [push("10:06", 5)], [(5, "completed"), (20, "completed"), (30, "completed")]),
        (GIVEN_TWICE, [push("10:05", 5, order="O8")], [(5, "completed"), (20, "completed"), (30, "completed")]),
        (GIVEN_TWICE, GIVEN_TWICE, [(20, "completed"), (30, "completed")]),
    ],
    ids=["not given", "unknown", "one of two left out", "one more", "another time", "another order", "the same again"],
)
def test_the_pushes_of_one_place_are_corrected_together_whatever_is_loaded_first(
    warehouse: Connection, tmp_path: Path, before: Rows, after: Rows, stands: list[tuple[Any, ...]]
) -> None:
    """And an extract that is removed is as if it had never been there."""
    folders = [write_clif(tmp_path / name, medication_admin_intermittent=rows) for name, rows in (("one", before), ("two", after))]
    for folder, month in zip(folders, ("2181-01", "2181-02"), strict=True):
        (folder / "manifest.toml").write_text(f'extracted_at = "{month}-01T00:00:00Z"\n', encoding="utf-8")
    other = connect()
    for connection, ordered in ((warehouse, folders), (other, reversed(folders))):
        for folder in ordered:
            load_clif(connection, folder)
        assert _pushes(connection) == stands
    remove(other, 1)
    alone = connect()
    load_clif(alone, folders[0])
    assert _pushes(other) == _pushes(alone)


def _pushes(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute("select dose::double, status from administration where event = 'bolus' order by all").fetchall()


@pytest.mark.parametrize("form", ["timestamptz", "timestamp", "timestamp_ns", "varchar"])
def test_a_place_is_the_same_however_its_time_and_code_are_written(warehouse: Connection, tmp_path: Path, form: str) -> None:
    load_clif(warehouse, write_clif(tmp_path / "one"))
    before = _said(warehouse)
    second = write_clif(
        tmp_path / "two",
        vitals=[("H1", at("09:00"), "weight_kg", 70), ("H1", at("10:10"), "spo2", 91)],
        medication_admin_intermittent=[push("10:05", 25)],
        hospital_diagnosis=[("H1", "F11.20", "ICD10CM", 0)],
    )
    written = "strftime({at}, '%Y-%m-%dT%H:%M:%SZ')" if form == "varchar" else f"{{at}}::{form}"
    for table, column in (("vitals", "recorded_dttm"), ("medication_admin_intermittent", "admin_dttm")):
        path = second / f"clif_{table}.parquet"
        with connect() as connection:
            connection.execute(
                f"create table one as select * replace ({written.format(at=column)} as {column}) from read_parquet('{path}')"
            )
            connection.execute(f"copy one to '{path}' (format parquet)")
    load_clif(warehouse, second)
    assert _pushes(warehouse) == [(25, "completed")]
    assert _said(warehouse) == [("30400", None), ("F11.20", "n"), ("I10", "n"), ("rass", "-2.0"), ("spo2", "91.0"), ("weight", "70.0")]
    remove(warehouse, 2)
    assert (_pushes(warehouse), _said(warehouse)) == ([(20, "completed")], before)


def test_an_extract_that_cannot_say_whose_a_stay_is_corrects_nothing(warehouse: Connection, tmp_path: Path) -> None:
    """Its rows are nobody's, and so they would be missing without being missed."""
    load_clif(warehouse, write_clif(tmp_path / "one"))
    before = (_pushes(warehouse), _said(warehouse))
    stays = [("P1", "H1", at("08:00"), None), ("P2", "H1", at("08:00"), None)]
    load_clif(warehouse, write_clif(tmp_path / "two", hospitalization=stays, medication_admin_intermittent=[push("10:05", 25)]))
    assert (_pushes(warehouse), _said(warehouse)) == before


def test_a_later_extract_replaces_a_corrected_reading_or_diagnosis_and_gives_way_when_it_is_removed(
    warehouse: Connection, tmp_path: Path
) -> None:
    """Two cuffs at one time are one place of the chart; a place that the later extract leaves out stands as it was."""
    vitals = [
        ("H1", at("10:10"), "sbp", 120),
        ("H1", at("10:10"), "sbp", 150),
        ("H1", at("10:20"), "spo2", 85),
        ("H1", at("10:30"), "spo2", 96),
    ]
    first = write_clif(tmp_path / "one", vitals=vitals)
    corrected = [("H1", at("10:10"), "sbp", 120), ("H1", at("10:10"), "sbp", 130), ("H1", at("10:20"), "spo2", 95)]
    second = write_clif(
        tmp_path / "two",
        vitals=corrected,
        patient_assessments=[("H1", at("10:15"), "RASS", None)],
        hospital_diagnosis=[("H1", "F1120", "ICD10CM", 0)],
    )
    load_clif(warehouse, first)
    said = _said(warehouse)
    load_clif(warehouse, second)
    assert _said(warehouse) == [
        ("30400", None),
        ("F11.20", "n"),
        ("I10", "n"),
        ("spo2", "95.0"),
        ("spo2", "96.0"),
        ("systolic_bp", "120.0"),
        ("systolic_bp", "130.0"),
    ]
    remove(warehouse, 2)
    assert _said(warehouse) == said


def _said(warehouse: Connection) -> list[tuple[str, str | None]]:
    """Every reading and diagnosis that stands."""
    return warehouse.execute(
        "select kind, value from observation union all select code, present_on_admission from condition order by all"
    ).fetchall()


def test_a_stay_that_two_patients_claim_is_lost_for_both(warehouse: Connection, tmp_path: Path) -> None:
    stays = [("P1", "H1", at("08:00"), None), ("P2", "H1", at("08:00"), None)]
    load_clif(warehouse, write_clif(tmp_path / "clif", hospitalization=stays))
    counted = " union all ".join(f"select count(*) from {table}" for table in ("administration", "observation", "condition"))
    assert warehouse.execute(counted).fetchall() == [(0,)] * 3
    listed = """select table_name, patient_id, count(*), count(distinct event), max(on_date)::varchar
        from quarantine where reason = 'hospitalization_of_several_patients' group by all order by all"""
    assert warehouse.execute(listed).fetchall() == [
        *(("administration", patient, 7, 6, "2180-02-21") for patient in ("P1", "P2")),
        *(("condition", patient, 3, 0, None) for patient in ("P1", "P2")),
        *(("observation", patient, 3, 3, "2180-02-21") for patient in ("P1", "P2")),
    ]


def test_people_stays_observations_and_diagnoses_are_canonical(warehouse: Connection, tmp_path: Path) -> None:
    load_clif(warehouse, write_clif(tmp_path / "clif"))
    run = warehouse.execute
    assert run("select patient_id, sex, birth_date::varchar from patient order by 1").fetchall() == [
        ("P1", "female", "2120-05-01"),
        ("P2", "unknown", None),
    ]
    assert run("select encounter_id, patient_id, site_id, started_at::varchar, ended_at::varchar from encounter order by 1").fetchall() == [
        ("H1", "P1", "first", "2180-02-21 08:00:00", "2180-02-24 08:00:00"),
        ("H2", "P2", None, "2180-02-21 08:00:00", None),
    ]
    assert run("select kind, value, value_number::varchar, unit, line from observation order by kind").fetchall() == [
        ("rass", "-2.0", "-2.000000000", None, 1),
        ("spo2", "97.0", "97.000000000", "%", 2),
        ("weight", "80.123456789", "80.123456789", "kg", 1),
    ]
    assert run("select code, code_system, present_on_admission from condition order by line").fetchall() == [
        ("F11.20", "icd10cm", "y"),
        ("I10", "icd10cm", "n"),
        ("30400", "other", None),
    ]


VITALS = {"weight", "height", "respiratory_rate", "spo2", "systolic_bp", "diastolic_bp", "heart_rate"}


@pytest.mark.parametrize(
    ("missing", "kinds", "rows"),
    [
        ([], VITALS | {"rass"}, {"encounter": 2, "observation": 3, "condition": 3}),
        (["adt"], VITALS | {"rass"}, {"encounter": 2, "observation": 3, "condition": 3}),
        (["vitals"], {"rass"}, {"encounter": 2, "observation": 1, "condition": 3}),
        (["patient_assessments"], VITALS, {"encounter": 2, "observation": 2, "condition": 3}),
        (["vitals", "patient_assessments"], set[str](), {"encounter": 2, "observation": 0, "condition": 3}),
        (["hospital_diagnosis"], VITALS | {"rass"}, {"encounter": 2, "observation": 3, "condition": 0}),
    ],
    ids=["nothing missing", "no adt", "no vitals", "no assessments", "no observations", "no diagnoses"],
)
def test_without_an_optional_file_the_others_speak_and_only_what_they_hold_is_covered(
    warehouse: Connection, tmp_path: Path, missing: list[str], kinds: set[str], rows: dict[str, int]
) -> None:
    folder = write_clif(tmp_path / "clif")
    for table in missing:
        (folder / f"clif_{table}.parquet").unlink()
    load_clif(warehouse, folder)
    for table, number in rows.items():
        assert warehouse.execute(f"select count(*) from {table}").fetchall() == [(number,)]
    covered = warehouse.execute("select table_name, kind from coverage").fetchall()
    assert {kind for table, kind in covered if table == "observation"} == kinds
    assert ("condition" in {table for table, _ in covered}) == ("hospital_diagnosis" not in missing)
    assert load_clif(warehouse, folder).already_loaded


@pytest.mark.parametrize("missing", ["patient", "hospitalization", "medication_admin_continuous", "medication_admin_intermittent"])
def test_a_file_that_holds_doses_or_identities_may_not_be_missing(warehouse: Connection, tmp_path: Path, missing: str) -> None:
    folder = write_clif(tmp_path / "clif")
    (folder / f"clif_{missing}.parquet").unlink()
    with pytest.raises(UserError, match=f"no file clif_{missing}.parquet, which the source clif reads"):
        load_clif(warehouse, folder)


def renamed(folder: Path, file: str, column: str) -> None:
    with connect() as connection:
        connection.execute(f"create table one as from read_parquet('{folder / file}')")
        connection.execute(f"alter table one rename {column} to {column}_x")
        (folder / file).unlink()
        connection.execute(f"copy one to '{folder / file}' (format parquet)")


def test_a_parquet_file_that_cannot_be_used_is_refused_with_its_name_and_the_way_out(warehouse: Connection, tmp_path: Path) -> None:
    folder, name = write_clif(tmp_path / "clif"), "clif_medication_admin_continuous.parquet"
    whole = (folder / name).read_bytes()
    for content in (whole[: len(whole) // 2], b"a,b\n1,2\n"):
        (folder / name).write_bytes(content)
        with pytest.raises(UserError, match=rf"{name} is not a whole Parquet file.*export or copy it again"):
            load_clif(warehouse, folder)
    (folder / name).write_bytes(whole)
    renamed(folder, name, "admin_dttm")
    with pytest.raises(UserError, match=rf"{name}, line 1: there is no column admin_dttm; did you mean \"admin_dttm_x\""):
        load_clif(warehouse, folder)
