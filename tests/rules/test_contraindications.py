"""A blank, an unreadable cell or a table that does not cover the session never acquits of a contraindication."""

from __future__ import annotations

import copy
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit.protocol import load_protocol
from infusion_audit.run import audit
from tests.rules.examples import PAGES, Example, Row, read_page
from tests.rules.runs import write_folder

# One extract holds them all, in UTC, and covers everything.
EXAMPLES = [e for page in PAGES if page.stem.startswith("kc") for e in read_page(page) if not e.manifest and not e.coverage]
# Without its patient a row belongs to nobody; what else a row says must hold or be unknown.
SPOILT = {
    "patient": ("birth_date", "sex"),
    "observation": ("kind", "value", "unit", "laterality", "upper_limit", "effective_at"),
    "condition": ("encounter_id", "code", "code_system", "category", "onset_at", "present_on_admission"),
    "screening": ("item", "answer", "answered_at"),
}


class Variant(Example):
    """An example under a name of its own."""

    @property
    def patient_id(self) -> str:
        return self.number


def all_on(folder: Path) -> str:
    file = folder / "protocol.toml"
    file.write_text(load_protocol("ketamine-chronic-pain").text.replace("enabled = false", "enabled = true"), "utf-8")
    return str(file)


def judged(folder: Path, data: str = "data") -> dict[tuple[str, str], dict[str, Any]]:
    run = audit([folder / data], folder / "audit", protocol=all_on(folder), gate=False, case_sheets=0)
    relation = duckdb.sql(f"select * from read_parquet('{folder / 'audit' / 'runs' / run['run_id'] / 'verdicts.parquet'}')")
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return {(row["patient_id"], row["rule_id"]): row for row in rows}


def spoilt(example: Example) -> Iterator[tuple[str, Example]]:
    """The example with one cell after another blank or unreadable."""
    for table, columns in SPOILT.items():
        for number, row in enumerate(example.tables.get(table, [])):
            for column in columns:
                filled = example.rows(table)[number]
                if not filled.get(column):
                    continue
                for value in ("",) if column == "kind" else ("", "???"):  # a row of a kind that nobody uses is no loss
                    tables = copy.deepcopy(example.tables)
                    tables[table][number] = {**row, column: value}
                    yield f"{table} {number + 1} {column} {value or 'blank'}", Variant(example.rule_id, example.title, "", tables)


def test_a_spoilt_cell_never_acquits(tmp_path: Path) -> None:
    variants: list[tuple[str, Example, Example]] = []
    for example in EXAMPLES:
        if example.expected["verdict"] in ("violation", "not_evaluable"):
            for what, variant in spoilt(example):
                variant.number = f"V{len(variants):04d}"
                variants.append((what, example, variant))
    write_folder([variant for _, _, variant in variants], tmp_path / "data")
    got = judged(tmp_path)
    acquitted = [
        f"{example.rule_id} {example.title}: {what}"
        for what, example, variant in variants
        if got[variant.number, example.rule_id]["verdict"] == "compliant"
        and got[variant.number, example.rule_id]["flags"] != ["eye_not_stated"]
    ]
    assert len(variants) > 500
    assert acquitted == []


def test_what_acquits_is_needed(tmp_path: Path) -> None:
    """What acquits must be there and readable: blood pressure, pregnancy test or answer, the checklist's six."""
    variants: list[tuple[str, Example, Example]] = []
    for example in EXAMPLES:
        spare = len(example.tables.get("observation", [])) > (1 if example.rule_id == "KC-12" else 2)  # one test is enough
        spare = spare or len(example.tables.get("screening", [])) > 6
        if example.expected["verdict"] == "compliant" and not spare and not any(key.endswith("limit") for key in example.settings):
            for what, variant in spoilt(example):
                variant.number = f"V{len(variants):04d}"
                variants.append((what, example, variant))
    write_folder([variant for _, _, variant in variants], tmp_path / "data")
    got = judged(tmp_path)
    needed = {"KC-01": ("observation",), "KC-02": ("observation", "screening"), "KC-12": ("observation",), "KC-10": ("screening",)}
    stayed = [
        f"{example.rule_id} {example.title}: {what}"
        for what, example, variant in variants
        if what.startswith(needed.get(example.rule_id, ("-",)))
        and "upper_limit" not in what
        and not (example.rule_id in ("KC-02", "KC-12") and what.split()[2] == "unit")
        and got[variant.number, example.rule_id]["verdict"] == "compliant"
    ]
    assert stayed == []


def one_patient(folder: Path, manifest: str, *without: str, **tables: list[Row]) -> dict[str, dict[str, Any]]:
    """The verdicts of one patient with a normal blood pressure, by rule."""
    given: dict[str, list[Row]] = {
        "patient": [{"birth_date": "1992-01-01", "sex": "female"}],
        "encounter": [{"department": "ward_a"}],
        "administration": [
            {"event": "infusion", "started_at": "10:00", "stopped_at": "11:00", "rate": "42", "rate_unit": "mg/h"},
        ],
        "observation": [
            {"kind": "systolic_bp", "value": "130", "unit": "mmHg", "effective_at": "09:45"},
            {"kind": "diastolic_bp", "value": "80", "unit": "mmHg", "effective_at": "09:45"},
        ],
    }
    write_folder([Variant("KC-00", "", "P", given | tables)], folder / "data")
    file = folder / "data" / "encounter.csv"
    rows = list(csv.reader(file.read_text("utf-8").splitlines()))
    assert "department" in rows[0]
    for table in without:
        (folder / "data" / f"{table}.csv").unlink()
    with (folder / "data" / "manifest.toml").open("a", encoding="utf-8") as out:
        out.write(manifest)
    return {rule: row for (_, rule), row in judged(folder).items()}


FORM: list[Row] = [{"item": "severe_liver_dysfunction", "answer": "no", "answered_at": "09:30"}]


def coverage(table: str, *lines: str) -> str:
    return "\n".join(["", "[[coverage]]", f'table = "{table}"', *lines, ""])


@pytest.mark.parametrize(
    "manifest",
    [
        coverage("condition", 'departments = ["ward_b"]'),
        coverage("condition", 'from = "2026-06-16T00:00:00Z"'),
        coverage("condition", 'from = "2026-03-17T10:00:01Z"'),
        coverage("condition", 'to = "2026-06-15T10:00:00Z"'),
    ],
)
def test_diagnoses_that_do_not_cover_the_session_and_its_look_back_do_not_acquit(tmp_path: Path, manifest: str) -> None:
    got = one_patient(tmp_path, manifest)["KC-04"]
    assert (got["verdict"], got["reason"]) == ("not_evaluable", "diagnoses_not_covered")


def test_diagnoses_that_just_cover_it_acquit(tmp_path: Path) -> None:
    covered = coverage("condition", 'departments = ["ward_a"]', 'from = "2026-03-17T10:00:00Z"', 'to = "2026-06-15T10:00:01Z"')
    assert one_patient(tmp_path, covered)["KC-04"]["verdict"] == "compliant"


def test_without_diagnoses_the_checklist_acquits_and_nothing_else(tmp_path: Path) -> None:
    got = one_patient(tmp_path, "", "condition", screening=FORM)
    assert got["KC-04"]["verdict"] == "compliant"
    assert {rule: got[rule]["verdict"] for rule in ("KC-01", "KC-03", "KC-05", "KC-06", "KC-07")} == dict.fromkeys(
        ("KC-01", "KC-03", "KC-05", "KC-06", "KC-07"), "not_evaluable"
    )


def test_a_presence_counts_outside_coverage_too(tmp_path: Path) -> None:
    outside = coverage("condition", 'departments = ["ward_b"]')
    crisis: Row = {"category": "encounter", "code": "I16.1", "onset_at": "08:00", "present_on_admission": "Y"}
    assert one_patient(tmp_path, outside, condition=[crisis])["KC-01"]["verdict"] == "violation"


def test_a_missing_checklist_or_test_is_a_finding_only_where_it_is_covered(tmp_path: Path) -> None:
    got = one_patient(tmp_path / "covered", "")
    assert (got["KC-10"]["verdict"], got["KC-12"]["verdict"]) == ("violation", "violation")
    got = one_patient(tmp_path / "outside", coverage("observation", 'kinds = ["systolic_bp", "diastolic_bp"]'), "screening")
    assert (got["KC-10"]["reason"], got["KC-12"]["reason"]) == ("checklist_not_covered", "test_not_covered")
    assert (got["KC-10"]["verdict"], got["KC-12"]["verdict"]) == ("not_evaluable", "not_evaluable")


def test_the_form_and_the_diagnosis_that_disagree_are_both_shown(tmp_path: Path) -> None:
    crisis: Row = {"category": "encounter", "code": "I16.1", "onset_at": "08:00", "present_on_admission": "Y"}
    form: Row = {"item": "uncontrolled_cardiovascular_disease", "answer": "no", "answered_at": "09:30"}
    got = one_patient(tmp_path, "", condition=[crisis], screening=[form])["KC-01"]
    assert (got["verdict"], got["flags"]) == ("violation", ["form_conflict"])
    assert {"code I16.1", "the form says no", "blood pressure 130/80 mmHg, 15 min before"} <= {
        part for part in ("code I16.1", "the form says no", "blood pressure 130/80 mmHg, 15 min before") if part in got["detail"]
    }
    assert {each["table"] for each in got["evidence"]} == {"condition", "observation", "screening"}


@pytest.mark.parametrize(("site", "verdict"), [("clinic B", "not_evaluable"), ("clinic A", "compliant")])
def test_the_extract_of_one_site_vouches_for_no_other(tmp_path: Path, site: str, verdict: str) -> None:
    """What a second clinic did not supply is not covered by what the first one did."""
    infusion: Row = {"event": "infusion", "started_at": "10:00", "stopped_at": "11:00", "rate": "42", "rate_unit": "mg/h"}
    write_folder([Variant("KC-00", "", "P1", {"administration": [infusion]})], tmp_path / "first", {"site": "clinic A"})
    write_folder([Variant("KC-00", "", "P2", {"administration": [infusion]})], tmp_path / "second", {"site": site})
    for table in ("observation", "condition", "screening", "intervention", "medication", "stock"):
        (tmp_path / "second" / f"{table}.csv").unlink()
    judged(tmp_path, "first")
    got = {rule: row["verdict"] for (patient, rule), row in judged(tmp_path, "second").items() if patient == "P2"}
    rules = ("KM-01", "KM-03", "KM-11", "KC-10", "KS-01")
    assert got["KC-05"] == verdict
    assert {got[rule] for rule in rules} == {"not_evaluable" if site == "clinic B" else "violation"}
