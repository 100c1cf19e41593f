"""The extract as files: deterministic, streaming, complete, and consistent in itself."""

from __future__ import annotations

import csv
import tomllib
import tracemalloc
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from infusion_audit.errors import UserError
from infusion_audit.sample import write_sample
from infusion_audit.sample.session import DECOYS, FAULTS
from infusion_audit.sample.truth import OPTIONAL_RULES
from infusion_audit_schemas import dictionary

from .conftest import Written

COMMITTED = Path(__file__).parents[2] / "sample_data"
INDICATIONS = {
    *("crps", "phantom_limb_pain", "postherpetic_neuralgia", "neuropathic_pain", "nonspecific_neuropathic_pain", "fibromyalgia"),
    *("central_pain", "ischemic_pain", "cancer_pain", "postsurgical_pain", "other"),
}


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.suffix in (".csv", ".toml")}


def instant(text: str) -> datetime:
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo("America/New_York"))


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path):
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        write_sample(tmp_path / name, sessions=60, seed=seed, months=6, faults=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one")["administration.csv"] != contents(tmp_path / "three")["administration.csv"]


def test_the_committed_extract_is_what_its_readme_says(tmp_path: Path):
    write_sample(tmp_path, sessions=120, seed=7, months=4, faults=True)
    assert contents(COMMITTED) == contents(tmp_path)
    assert sum(len(data) for data in contents(COMMITTED).values()) < 1_500_000
    assert "--sessions 120 --seed 7 --months 4 --faults" in (COMMITTED / "README.md").read_text("utf-8")


def test_memory_does_not_grow_with_the_number_of_sessions(tmp_path: Path):
    peaks: list[int] = []
    for sessions in (100, 150, 600):
        tracemalloc.start()
        write_sample(tmp_path / str(sessions), sessions=sessions, seed=1, months=6, faults=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first run only warms the caches (dates, patterns).
    assert peaks[2] < peaks[1] * 1.15


def test_the_number_of_sessions_is_exact(clean: Written, faulty: Written):
    assert (clean.summary.sessions, faulty.summary.sessions) == (800, 3000)
    assert len(clean.rows("medication_order")) == 800


def test_every_table_has_every_column_of_the_contract(clean: Written):
    described = {table["table"]: {column["name"] for column in table["columns"]} for table in dictionary()}
    assert {table: set(clean.rows(table)[0]) for table in described} == described


def test_clean_cells_are_allowed_and_required_ones_are_filled(clean: Written):
    for table in dictionary():
        for column in table["columns"]:
            values = {row[column["name"]] for row in clean.rows(table["table"])}
            assert not column["required"] or "" not in values, column
            allowed = set(column.get("allowed") or ())
            assert not allowed or {value.lower() for value in values} <= {value.lower() for value in allowed} | {""}, column


def test_every_pathway_indication_and_way_of_charting_occurs(clean: Written):
    orders, given = clean.rows("medication_order"), clean.rows("administration")
    assert {row["indication"] for row in orders} == INDICATIONS
    assert {row["context"] for row in orders} == {"chronic", "postsurgical", ""}
    assert {row["dosing_weight_unit"] for row in orders} == {"kg", "lb", ""}
    assert {row["event"] for row in given} == {
        *("bolus", "infusion", "rate_change", "rate_verify", "pause", "stop", "pca_demand", "pca_total", "infused_total")
    }
    assert {row["source"] for row in given} == {"mar", "pump"}
    assert {row["rate_unit"] for row in given} >= {"mg/h", "mL/h", "mcg/kg/min", "mg/kg/h", "\u00b5g/kg/min", "\u03bcg/kg/min"}
    assert {row["site_id"] for row in clean.rows("encounter")} == {"riverside", "north", "harbor"}
    assert {row["drug_class"] for row in clean.rows("medication")} >= {"acetaminophen", "nsaid", "opioid", "gabapentinoid", "topical"}
    assert any(row["mme_per_day"] for row in clean.rows("medication"))
    assert {row["action"] for row in clean.rows("stock")} == {"dispense", "waste", "return"}


def test_series_are_up_to_eight_sessions_and_some_are_longer_than_ninety_days(clean: Written):
    starts: dict[str, list[datetime]] = {}
    for row in clean.rows("medication_order"):
        starts.setdefault(row["patient_id"], []).append(instant(row["ordered_at"]))
    assert max(len(times) for times in starts.values()) >= 7
    assert any((max(times) - min(times)).days > 90 for times in starts.values())


def test_ids_are_unique(clean: Written):
    for table, column in (("patient", "patient_id"), ("encounter", "encounter_id"), ("medication_order", "order_id")):
        assert max(Counter(row[column] for row in clean.rows(table)).values()) == 1, table
    assert max(Counter(row["administration_id"] for row in clean.rows("administration")).values()) == 1


def test_no_two_clean_rows_are_the_same(clean: Written):
    for table in clean.summary.rows:
        lines = (clean.folder / f"{table}.csv").read_text("utf-8").splitlines()
        assert len(set(lines)) == len(lines) == clean.summary.rows[table] + 1, table


def test_times_are_in_order_and_before_the_extraction(clean: Written):
    manifest = tomllib.loads((clean.folder / "manifest.toml").read_text("utf-8"))
    visits = {row["encounter_id"]: row for row in clean.rows("encounter")}
    for row in clean.rows("administration"):
        visit, start = visits[row["encounter_id"]], instant(row["started_at"])
        assert instant(visit["started_at"]) < start
        assert not visit["ended_at"] or start < instant(visit["ended_at"])
        assert not row["stopped_at"] or start < instant(row["stopped_at"]) < manifest["extracted_at"]
    for table in clean.summary.rows:
        for row in clean.rows(table):
            assert all(instant(text) < manifest["extracted_at"] for column, text in row.items() if column.endswith("_at") and text), table


def test_no_clean_time_is_ambiguous_or_skipped(clean: Written):
    zone = ZoneInfo("America/New_York")
    for table in clean.summary.rows:
        for row in clean.rows(table):
            for column, text in row.items():
                if column.endswith("_at") and text and not text.endswith("Z") and len(text) == 19:
                    time = datetime.fromisoformat(text)
                    assert time.replace(tzinfo=zone).utcoffset() == time.replace(tzinfo=zone, fold=1).utcoffset(), text


def test_every_month_is_about_as_busy(faulty: Written):
    with (faulty.folder / "medication_order.csv").open(encoding="utf-8", newline="") as file:
        months = Counter(row["ordered_at"][:7] for row in csv.DictReader(file) if row["order_id"].startswith("O"))
    assert len(months) == 6
    assert min(months.values()) > 3000 / 6 * 0.75


def test_every_kind_of_fault_decoy_and_dirty_row_occurs_in_three_thousand_sessions(faulty: Written):
    assert set(faulty.summary.planted) == {fault.name for fault in FAULTS} | {
        *("two_sessions_over_the_cap", "reviews_missing", "reviews_unreadable")
    }
    assert set(faulty.summary.decoys) - {"two_sessions_under_the_cap"} == {fault.name for fault in DECOYS}
    assert set(faulty.summary.dirty) >= {
        *("exact_duplicate", "unknown_kind", "unreadable_time", "nan", "decimal_comma", "missing_id", "ragged_short", "ragged_long"),
        *("stray_quote", "blank_line", "invalid_utf8", "bad_number_cell", "unknown_enum", "unknown_enum_cell", "missing_value"),
        *("nonexistent_local_time", "ambiguous_local_time"),
    }
    with pytest.raises(UnicodeDecodeError):
        (faulty.folder / "observation.csv").read_text("utf-8")


def test_the_documented_rates_hold(faulty: Written):
    summary = faulty.summary
    assert 0.12 <= sum(summary.planted.values()) / summary.sessions <= 0.15
    assert 0.045 <= sum(summary.decoys.values()) / summary.sessions <= 0.075
    assert 0.0025 <= sum(summary.dirty.values()) / sum(summary.rows.values()) <= 0.0045


def test_expected_verdicts_belong_to_sessions_of_known_patients(faulty: Written):
    with (faulty.folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == faulty.summary.expected
    assert {row["verdict"] for row in expected} == {"violation", "not_evaluable"}
    assert {row["rule_id"] for row in expected} == {
        *(f"KD-0{n}" for n in range(1, 8)), "KM-01", "KM-02", "KM-03", *(f"KC-0{n}" for n in range(1, 7)), "KS-01",
    }  # fmt: skip
    with (faulty.folder / "expected_optional.csv").open(encoding="utf-8", newline="") as file:
        optional = list(csv.DictReader(file))
    assert len(optional) == faulty.summary.expected_optional
    assert {row["rule_id"] for row in optional} == OPTIONAL_RULES
    expected += optional
    assert len({(row["patient_id"], row["session_started_at"], row["rule_id"]) for row in expected}) == len(expected)
    assert all(row["session_started_at"].endswith("Z") and row["patient_id"].startswith("P") for row in expected)


@pytest.mark.parametrize("months", [1, 12, 30])
def test_without_faults_nothing_is_to_be_found(tmp_path: Path, months: int):
    summary = write_sample(tmp_path, sessions=150, seed=months, months=months, faults=False)
    assert (tmp_path / "expected.csv").read_text("utf-8") == "patient_id,session_started_at,rule_id,verdict\n"
    assert (summary.expected, summary.planted, summary.decoys, summary.dirty) == (0, {}, {}, {})
    optional = (tmp_path / "expected_optional.csv").read_text("utf-8").splitlines()[1:]
    assert len(optional) == summary.expected_optional
    assert {line.split(",")[2] for line in optional} <= {"KD-09", "KD-10", "KO-01", "KM-21", "KM-22"}


def test_no_sessions_is_a_valid_extract(tmp_path: Path):
    assert write_sample(tmp_path, sessions=0, seed=1, months=6, faults=True).sessions == 0
    assert (tmp_path / "administration.csv").read_text("utf-8").count("\n") == 1


@pytest.mark.parametrize("wrong", [{"format": "hl7"}, {"months": 0}, {"months": 99}, {"sessions": -1}])
def test_what_cannot_be_written_is_refused(tmp_path: Path, wrong: dict[str, int | str]):
    usual: dict[str, int | str | bool] = {"sessions": 1, "seed": 1, "months": 6, "faults": False}
    with pytest.raises(UserError):
        write_sample(tmp_path / "out", **(usual | wrong))
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="taken"):
        write_sample(tmp_path / "taken", sessions=1, seed=1, months=6, faults=False)
