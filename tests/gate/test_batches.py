"""What the gate says of whole batches: fine ones, empty ones, small ones, several extracts, odd calendars."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from infusion_audit.engine import Connection, resource
from infusion_audit.gate import Gate, GateResult, GateSetting
from infusion_audit.gate_profile import families
from infusion_audit_schemas import dictionary

Judge = Callable[..., GateResult]


def check(result: GateResult, name: str) -> dict[str, str]:
    return next(row for row in result.checks if row["check_name"] == name)


def by_status(result: GateResult, status: str) -> set[str]:
    return {row["check_name"] for row in result.checks if row["status"] == status}


def keep_out(connection: Connection, file_id: int, rows: int, reason: str = "missing") -> None:
    connection.execute(
        """insert into quarantine(file_id, table_name, line, scope, reason)
           select file_id, table_name, i, 'row', ? from input_file, range(?) as line(i) where file_id = ?""",
        [reason, rows, file_id],
    )


def test_a_batch_in_which_every_table_is_fine_passes_every_check(clinic: Connection, judge: Judge) -> None:
    result = judge(clinic)
    assert result.status == "passed"
    assert by_status(result, "passed") == {row["check_name"] for row in result.checks}
    assert (result.failed, result.reasons) == ([], [])


def test_an_empty_warehouse_is_no_reason_to_stop(empty: Connection, judge: Judge) -> None:
    result = judge(empty)
    assert result.status == "passed"
    assert by_status(result, "skipped") == {row["check_name"] for row in result.checks}
    assert all(row["detail"].startswith("Not judged: ") and row["observed"] == "" for row in result.checks)


def test_an_empty_extract_is_no_reason_to_stop(clinic: Connection, judge: Judge) -> None:
    for table in ("patient", "encounter", "medication_order", "administration", "observation", "condition"):
        clinic.execute(f"delete from {table}")
    clinic.execute("update input_file set received = 0, loaded = 0")
    assert judge(clinic).status == "passed"


def test_another_product_is_no_reason_to_stop(clinic: Connection, judge: Judge, setting: GateSetting) -> None:
    clinic.execute("update administration set product = 'propofol'")
    assert judge(clinic).status == "passed"
    assert judge(clinic, replace(setting, product="propofol")).status == "passed"


def test_a_handful_of_odd_rows_never_stops_a_small_extract(clinic: Connection, judge: Judge) -> None:
    clinic.execute("delete from administration where patient_id not in (select patient_id from patient order by 1 limit 18)")
    clinic.execute(
        "update administration set patient_id = 'nobody', dose_unit = 'ampoules', rate_unit = null, order_id = null where rowid % 2 = 0"
    )
    clinic.execute("delete from observation")
    clinic.execute("update input_file set received = 99")
    for file_id in range(1, 7):
        keep_out(clinic, file_id, 50)
    result = judge(clinic)
    assert result.status == "warned"
    assert {row["severity"] for row in result.checks if row["status"] == "failed"} == {"warning"}


def test_a_failed_check_says_how_much_of_what_and_what_to_do(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update administration set patient_id = 'nobody' where rowid < 1200")
    row = check(judge(clinic), "unknown_patient_critical")
    assert (row["observed"], row["expected"]) == ("50 % (1,200 of 2,400 administration rows)", "at most 20 %")
    assert row["detail"].startswith("Doses belong to patients that the patient table does not hold;")
    assert judge(clinic).reasons[0] == f"unknown_patient_critical: {row['observed']}, expected {row['expected']}. {row['detail']}"


def test_no_message_holds_a_value_of_a_patient(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update administration set patient_id = 'SECRET', order_id = 'SECRET', dose_unit = 'SECRET', rate_unit = 'SECRET'")
    clinic.execute("update observation set unit = 'SECRET', value = 'SECRET', patient_id = 'SECRET'")
    clinic.execute("insert into quarantine(file_id, line, scope, raw, patient_id) values (1, 7, 'row', 'SECRET', 'SECRET')")
    text = json.dumps(judge(clinic).checks)
    assert "SECRET" not in text
    assert "P0" not in text


def test_rows_of_an_observation_kind_that_is_not_used_are_not_lost_rows(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update input_file set received = 100000 where table_name = 'observation'")
    keep_out(clinic, 5, 98000, "kind_not_used")
    assert judge(clinic).status == "passed"


def test_a_bad_extract_is_not_diluted_by_the_good_ones_before_it(clinic: Connection, judge: Judge) -> None:
    clinic.execute("insert into extract select 2, site, timezone, extracted_at, source_system, source_name from extract")
    clinic.execute("insert into input_file values (7, 2, 'administration', 'b.csv', 'b', 200, 180, 20, 0)")
    keep_out(clinic, 7, 20)
    row = check(judge(clinic), "kept_out_administration_critical")
    assert row["status"] == "failed"
    assert row["observed"] == "10 % (20 of 200 administration rows) in extract 2"


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("table", ["administration", "pumps"], ids=["rows", "lines of another format"])
def test_an_extract_of_which_every_dose_row_was_kept_out_stops_whatever_its_size(
    clinic: Connection, judge: Judge, rows: int, table: str
) -> None:
    clinic.execute("insert into extract select 2, site, timezone, extracted_at, source_system, source_name from extract")
    clinic.execute("insert into input_file values (7, 2, ?, 'b.csv', 'b', ?, 0, ?, 0)", [table, rows, rows])
    keep_out(clinic, 7, rows)
    row = check(judge(clinic), "usable_administration_critical")
    assert (row["status"], row["observed"]) == ("failed", "0 in extract 2")
    clinic.execute("insert into input_file values (8, 2, 'administration', 'c.csv', 'c', 1, 0, 0, 1)")  # said by an earlier extract already
    assert check(judge(clinic), "usable_administration_critical")["status"] == "passed"


def test_a_table_that_is_not_of_the_contract_is_taken_for_lines_of_unknown_nature() -> None:
    named = re.findall(
        r"'(\w+)'", re.search(r"table_name not in \((.*?)\)", (resource("sql") / "gate" / "quarantine.sql").read_text(), re.DOTALL)[1]
    )  # type: ignore[index]
    assert {*named, "administration"} == {table["table"] for table in dictionary()}


def test_one_extract_in_several_files_is_one_batch(clinic: Connection, judge: Judge) -> None:
    clinic.execute("insert into input_file select 8, 1, 'administration', 'part-2.csv', 'x', 1200, 1200, 0, 0")
    clinic.execute("update input_file set received = 1200, loaded = 1200 where file_id = 1")
    clinic.execute("update administration set file_id = 8 where rowid % 2 = 0")
    result = judge(clinic)
    assert result.status == "passed"
    assert check(result, "kept_out_administration")["observed"] == "0 % (0 of 2,400 administration rows)"


@pytest.mark.parametrize("table", ["patient", "encounter", "medication_order", "condition", "observation"])
def test_a_table_that_is_not_supplied_is_not_missed(clinic: Connection, judge: Judge, table: str) -> None:
    clinic.execute(f"delete from {table}")
    clinic.execute(f"delete from input_file where table_name = '{table}'")
    clinic.execute(f"delete from coverage where table_name = '{table}'")
    assert judge(clinic).status == "passed"


def test_coverage_of_a_table_that_came_empty_stops(clinic: Connection, judge: Judge) -> None:
    clinic.execute("delete from observation")
    clinic.execute("update input_file set received = 0 where table_name = 'observation'")
    assert "observation_rows_critical" in judge(clinic).failed


def test_observations_of_some_wards_only_say_nothing_of_the_other_patients(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update coverage set department = 'icu' where table_name = 'observation'")
    clinic.execute("delete from observation where rowid > 10")
    assert check(judge(clinic), "treated_without_observation_critical")["status"] == "skipped"


def test_fewer_than_three_earlier_months_are_not_compared(clinic: Connection, judge: Judge) -> None:
    clinic.execute("delete from administration where started_at < '2026-06-01'")
    row = check(judge(clinic), "volume_rows_critical")
    assert row["status"] == "skipped"
    assert row["detail"] == "Not judged: fewer than three earlier months with rows."


def test_a_quiet_month_of_a_small_clinic_is_not_a_hole(clinic: Connection, judge: Judge) -> None:
    clinic.execute("delete from administration where rowid % 10 > 0 or month(started_at) = 5")
    assert check(judge(clinic), "months_without_rows")["status"] == "skipped"


def test_a_month_that_is_not_over_is_not_compared(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = '2026-08-02 12:00:00'")
    clinic.execute("delete from administration where started_at >= '2026-08-02'")
    assert check(judge(clinic), "volume_rows")["status"] == "passed"


def test_months_are_local_months(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = '2026-09-01 03:59:59'")  # 31 August, 23:59:59 in New York
    clinic.execute("delete from administration where started_at >= '2026-08-01' and rowid % 10 > 0")
    assert check(judge(clinic), "volume_rows_critical")["status"] == "passed"
    clinic.execute("update extract set extracted_at = '2026-09-01 04:00:00'")
    assert check(judge(clinic), "volume_rows_critical")["status"] == "failed"


def test_an_old_period_extracted_late_is_not_a_collapse(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = '2026-12-24 00:00:00'")
    result = judge(clinic)
    assert (result.status, result.failed) == ("warned", ["newest_row_age"])


def test_a_stray_row_after_a_hole_is_not_a_collapse(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = '2026-12-24 00:00:00'")
    clinic.execute("insert into administration select * replace (timestamp '2026-11-05' as started_at) from administration limit 1")
    result = judge(clinic)
    assert result.status == "warned"
    assert "months_without_rows" in result.failed
    assert check(result, "volume_rows_critical")["detail"] == "Not judged: the month before the latest complete one has no rows."


def test_a_month_that_the_manifest_claims_and_that_is_empty_is_a_collapse(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = '2026-12-24 00:00:00'")
    clinic.execute("update coverage set covered_to = '2026-11-01 04:00:00' where table_name = 'administration'")
    result = judge(clinic)
    assert "volume_rows_critical" in result.failed
    assert check(result, "volume_rows_critical")["observed"] == "0 times (0 against 300 rows in the median earlier month)"


def test_dates_shifted_to_protect_identities_only_warn(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update extract set extracted_at = null")
    for table, column in (("administration", "started_at"), ("observation", "effective_at"), ("medication_order", "ordered_at")):
        clinic.execute(f"update {table} set {column} = {column} + interval 120 year")
    result = judge(clinic)
    assert (result.status, result.failed) == ("warned", ["future_rows"])


def test_spellings_of_one_unit_are_no_drift(clinic: Connection, judge: Judge) -> None:
    clinic.execute("update administration set dose = dose * 1000, dose_unit = 'µg' where event = 'bolus' and started_at >= '2026-08-01'")
    assert judge(clinic).status == "passed"


def test_the_gate_leaves_nothing_behind_in_the_warehouse(clinic: Connection, judge: Judge) -> None:
    before = clinic.execute("select table_name from duckdb_tables() order by all").fetchall()
    judge(clinic)
    assert clinic.execute("select table_name from duckdb_tables() order by all").fetchall() == before


def test_the_order_of_rows_changes_nothing(clinic: Connection, judge: Judge) -> None:
    first = judge(clinic)
    clinic.execute("create table shuffled as select * from administration order by hash(administration_id)")
    clinic.execute("delete from administration")
    clinic.execute("insert into administration select * from shuffled")
    assert judge(clinic).checks == first.checks


def test_every_check_has_a_name_of_its_own() -> None:
    names = [one.name for family in families() for one in family.checks]
    assert len(names) == len(set(names))


def test_the_time_it_takes_is_told(clinic: Connection, setting: GateSetting, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    with Gate() as gate:
        started = time.perf_counter()
        gate.submit(clinic, setting)
        submitted = time.perf_counter()
        gate.result()
    with capsys.disabled():
        print(
            f" start {started - begun:.2f} s, submit {submitted - started:.2f} s, whole gate {time.perf_counter() - begun:.2f} s ", end=""
        )
