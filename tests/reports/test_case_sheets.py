"""Case sheets: worked by hand from the chart to the verdict, inert, readable without scripts and the same when rendered again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit import run as job
from infusion_audit.errors import UserError
from infusion_audit_reports.cases import age_band
from infusion_audit_reports.chains import TIMES
from tests.reports.conftest import PAYLOADS
from tests.reports.inspection import Page
from tests.support.edges import edge_tables
from tests.support.folder import Tables, write_folder
from tests.support.product import protocol_file

MANIFEST = {"site": "Riverside " + PAYLOADS[0], "timezone": "America/New_York", "extracted_at": "2026-11-20T00:00:00Z"}
DAY = "2026-06-15T"
EVIL = PAYLOADS[0]


def chart(who: str, rows: list[dict[str, str]], *, weight: str = "70", unit: str = "kg", **order: str) -> Tables:
    """One adult with one order, and what was charted of one infusion on 15 June; times are local."""
    common = {"patient_id": who, "encounter_id": f"{who}-E"}
    return {
        "patient": [{"patient_id": who, "birth_date": "1933-01-01", "sex": "female"}],
        "encounter": [{**common, "site_id": "S1", "department": "day", "started_at": f"{DAY}05:00:00", "ended_at": f"{DAY}18:00:00"}],
        "medication_order": [
            {
                **common,
                "order_id": f"{who}-O",
                "context": "chronic",
                "indication": "crps",
                "dosing_weight": weight,
                "dosing_weight_unit": unit,
            }
            | order
        ],
        "administration": [
            {**common, "administration_id": f"{who}-{number}", "order_id": f"{who}-O", "line_id": f"{who}-L", "source": "mar", **row}
            | {key: f"{DAY}{row[key]}" for key in ("started_at", "stopped_at") if key in row}
            for number, row in enumerate(rows, start=1)
        ],
        "observation": [
            {**common, "kind": kind, "value": value, "effective_at": f"{DAY}{at}"}
            for at in ("09:55:00", "10:15:00", "10:58:00")
            for kind, value in (("rass", "0"), ("respiratory_rate", "14"), ("psychomimetic", "none"))
        ],
        "medication": [
            {
                "patient_id": who,
                "drug": "see letter " + EVIL,
                "drug_class": "opioid",
                "started_at": "2026-01-10T00:00:00",
                "ended_at": "2026-02-20T00:00:00",
            }
        ],
    }


def push(amount: str, at: str = "10:00:00", unit: str = "mg", **more: str) -> dict[str, str]:
    return {"event": "bolus", "started_at": at, "dose": amount, "dose_unit": unit, **more}


def infusion(rate: str, unit: str, **more: str) -> dict[str, str]:
    return {"event": "infusion", "started_at": "10:00:00", "stopped_at": "11:00:00", "rate": rate, "rate_unit": unit, **more}


# who -> (chart, what the sheet must say); every number is worked by hand
BY_HAND: dict[str, tuple[Tables, list[str]]] = {
    "millilitres": (
        chart("millilitres", [push("25"), infusion("14", "mL/h", concentration="2.5", concentration_unit="mg/mL")]),
        [
            "25 mg; / 70 kg = 0.357 mg/kg",
            "14 mL/h x 2.5 mg/mL = 35 mg/h; / 70 kg = 0.500 mg/kg/h",
            "35 mg/h x 60 min = 35 mg",
            "bolus 25 mg + infusion 35 mg = 60 mg; / 70 kg = 0.857 mg/kg",
            "10:15 to 10:58 = 43 min",  # the longest gap, by the clock of the ward
        ],
    ),
    "micrograms": (
        chart("micrograms", [infusion("20", "mcg/kg/min", pump_weight="80", pump_weight_unit="kg")]),
        # 20 x 60 / 1000 = 1.2 mg/kg/h; x 80 = 96 mg/h; / 70 = 1.3714
        ["20 mcg/kg/min x 0.06 x 80 kg (pump) = 96 mg/h; / 70 kg = 1.371 mg/kg/h", "infusion 96 mg; / 70 kg = 1.371 mg/kg"],
    ),
    "pounds": (
        chart("pounds", [push("30")], weight="154", unit="lb"),
        # 154 x 0.45359237 = 69.85322498; 30 / 69.85322498 = 0.42947
        ["154 lb x 0.453592", "69.85322498", "30 mg; / 69.853 kg = 0.429 mg/kg"],
    ),
    "merged": (
        chart("merged", [push("15"), push("1.5", "10:03:00", "mL", concentration="10", concentration_unit="mg/mL")]),
        ["15 mg + 1.5 mL x 10 mg/mL = 30 mg; / 70 kg = 0.429 mg/kg", "bolus 1 of 1"],
    ),
    "conflict": (
        chart(
            "conflict",
            [push("26"), infusion("10", "mL/h", concentration="4", concentration_unit="mg/mL")],
            concentration="5",
            concentration_unit="mg/mL",
        ),
        ["10 mL/h x 4 to 5 mg/mL = 40 to 50 mg/h; / 70 kg = 0.571 to 0.714 mg/kg/h", "Concentrations disagree; both kept as bounds"],
    ),
    "no-weight": (
        chart("no-weight", [infusion("30", "mg/h")], weight=""),
        ["30 mg/h; no usable weight", "no usable weight", "No usable weight"],
    ),
    "at-limit": (
        chart("at-limit", [push("24.5")]),
        ["24.5 mg; / 70 kg = 0.350 mg/kg"],
    ),
    "hair-over": (
        chart("hair-over", [push("24.50001"), infusion("70.0001", "mg/h")]),
        # 24.50001 / 70 = 0.35000014; 70.0001 / 70 = 1.00000143
        ["0.35000014", "70 mg/h; / 70 kg = 1.000001 mg/kg/h"],
    ),
    "demands": (
        chart(
            "demands",
            [
                {"event": "pca_demand", "started_at": f"10:{at}0:00", "dose": "0.5", "dose_unit": "mg", "delivered_count": "1"}
                for at in "012"
            ],
        ),
        ["0.5 mg x 1 delivered", "PCA 1.5 mg; / 70 kg = 0.021 mg/kg"],
    ),
    EVIL: (chart(EVIL, [push("30", unit="<img src=x onerror=alert(1)>"), infusion("90", "mg/h")]), [EVIL, "(unknown unit)"]),
}


def extract(folder: Path) -> Path:
    merged: Tables = {}
    for tables, _ in BY_HAND.values():
        for name, rows in tables.items():
            merged.setdefault(name, []).extend(rows)
    return write_folder(folder, merged, MANIFEST)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sheets")


@pytest.fixture(scope="module")
def run(workspace: Path) -> dict[str, Any]:
    return job.audit([extract(workspace / "data")], workspace / "audit", gate=False)


@pytest.fixture(scope="module")
def report(workspace: Path, run: dict[str, Any]) -> Path:
    return workspace / "audit" / "runs" / run["run_id"]


@pytest.fixture(scope="module")
def sheets(report: Path) -> dict[str, Path]:
    """The sheet of every patient."""
    rows = duckdb.sql(f"select distinct session_id, patient_id from read_parquet('{report / 'verdicts.parquet'}')").fetchall()
    return {patient: file for session, patient in rows if (file := report / f"case-{session[:12]}.html").exists()}


@pytest.mark.parametrize("who", BY_HAND)
def test_a_sheet_says_what_was_worked_by_hand(sheets: dict[str, Path], who: str) -> None:
    text = Page.read(sheets[who]).text.replace("\u00a0", " ").replace(TIMES, "x")
    for words in BY_HAND[who][1]:
        assert words in text, words


def test_every_sheet_tells_who_when_and_where_without_the_age(sheets: dict[str, Path]) -> None:
    text = Page.read(sheets["millilitres"]).text
    for words in (
        *("millilitres", "90 years or older, female", "Complex regional pain syndrome", "Chronic", "S1, day"),
        *("2026-06-15 10:00 (local; 14:00 UTC)", "2026-06-15 11:00 (60 min)", "70 kg (dosing)", "ketamine-chronic-pain, version 1.0"),
        "2026-01-10 00:00 2026-02-20 00:00",  # midnight in winter, seen from a session in summer
        *("medication_order.csv:2", "administration.csv line 2", "with the order"),
    ):
        assert words in text, words
    assert "93 years" not in text


def test_free_text_of_the_record_is_left_out(sheets: dict[str, Path]) -> None:
    assert sheets
    for file in sheets.values():
        assert "see letter" not in file.read_text("utf-8")


@pytest.mark.parametrize("who", BY_HAND)
def test_a_sheet_is_complete_inert_and_leads_somewhere(report: Path, sheets: dict[str, Path], who: str) -> None:
    page = Page.read(sheets[who])
    assert not page.unbalanced
    assert not page.open
    assert not {"script", "img", "iframe"} & {tag for tag, _ in page.elements}
    assert not page.attributes("style")
    assert not [value for value in page.attributes("href") if "javascript:" in value]
    for link in page.attributes("href"):
        file, _, anchor = link.partition("#")
        if link not in ("data:,", "../../index.html"):
            target = report / (file or sheets[who].name)
            assert target.is_file(), link
            assert not anchor or anchor in Page.read(target).attributes("id"), link
    assert {"timeline-title", "timeline-desc"} <= set(page.attributes("id"))
    (picture,) = [of for tag, of in page.elements if tag == "svg" and of.get("role") == "img"]
    assert picture["aria-labelledby"] == "timeline-title timeline-desc"
    assert re.search(r"Reviewer and role Date Disposition justified unjustified data error", page.text)


def test_the_worklist_and_the_rule_pages_lead_to_the_sheets(report: Path, sheets: dict[str, Path]) -> None:
    for name in ("findings.html", "rule-kd-01.html"):
        assert sheets["merged"].name in Page.read(report / name).attributes("href"), name


def test_a_picture_shows_bolus_rate_cap_gap_and_assessments(sheets: dict[str, Path]) -> None:
    svg = picture_of(sheets["millilitres"])
    for words in ("start 10:00", "end 11:00", "25 mg, 0.357 mg/kg", "cap 1", "43 min", "Sedation", "Respiration"):
        assert words in svg, words
    assert "cap reached" not in svg
    # 96 mg/h / 70 kg = 1.371 mg/kg/h: the cap of 1 mg/kg is reached after 43.75 min
    assert "cap reached 10:43" in picture_of(sheets["micrograms"])


def picture_of(sheet: Path) -> str:
    found = re.search(r'<svg class="chart timeline".*?</svg>', sheet.read_text("utf-8"), re.DOTALL)
    assert found
    return found[0]


def test_the_numbers_of_a_sheet_are_those_of_its_verdicts(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", edge_tables(), {"site": "edges", "timezone": "UTC", "extracted_at": "2026-11-20T00:00:00Z"})
    run = job.audit([folder], tmp_path / "audit", protocol=str(protocol_file(tmp_path / "protocol.toml")), gate=False, case_sheets=1000)
    report = tmp_path / "audit" / "runs" / run["run_id"]
    compared = 0
    for session, rule, observed in duckdb.sql(
        f"""
        select session_id, rule_id, observed from read_parquet('{report / "verdicts.parquet"}')
        where verdict = 'violation' and observed is not null and rule_id in ('KD-01', 'KD-02', 'KD-03', 'KD-04', 'KD-05', 'KD-07')
        """
    ).fetchall():
        text = Page.read(report / f"case-{session[:12]}.html").text
        unit = "mg/kg/h" if rule in ("KD-02", "KD-03", "KD-04", "KD-05") else "mg/kg"
        ends = [float(end) for end in re.findall(rf"= (?:at least )?([\d.]+) {unit}(?!/)", text)]
        assert any(abs(end - observed) < 0.0006 for end in ends), (rule, observed, ends)
        compared += 1
    assert compared > 10


def test_a_run_stores_what_its_sheets_are_made_from(workspace: Path, run: dict[str, Any], report: Path, sheets: dict[str, Path]) -> None:
    before = {file.name: file.read_bytes() for file in report.glob("*.html")}
    job.render_again(workspace / "audit", run["run_id"], 2)
    assert len(list(report.glob("case-*.html"))) == 2
    job.render_again(workspace / "audit", run["run_id"], 0)
    assert not list(report.glob("case-*.html"))
    assert not [link for link in Page.read(report / "findings.html").attributes("href") if link.startswith("case-")]
    job.render_again(workspace / "audit", run["run_id"])
    assert {file.name: file.read_bytes() for file in report.glob("*.html")} == before
    assert len(sheets) == len(BY_HAND)


def test_the_most_severe_sessions_come_first(workspace: Path, tmp_path: Path) -> None:
    run = job.audit([workspace / "data"], tmp_path / "audit", gate=False, case_sheets=3)
    report = tmp_path / "audit" / "runs" / run["run_id"]
    made = {file.name for file in report.glob("case-*.html")}
    links = [of.get("href") for tag, of in Page.read(report / "findings.html").elements if tag == "a" and of.get("class") == "sheet"]
    listed = re.findall(r'class="when".*?</a>(<a class="sheet")?', (report / "findings.html").read_text("utf-8"))
    assert len(made) == 3
    assert set(links) == made
    assert listed[0]  # the first of the worklist has one


def test_without_sheets_nothing_is_stored_for_them(workspace: Path, tmp_path: Path) -> None:
    run = job.audit([workspace / "data"], tmp_path / "audit", gate=False, case_sheets=0)
    assert not list((tmp_path / "audit" / "runs" / run["run_id"]).rglob("step_*"))
    job.render_again(tmp_path / "audit", run["run_id"])


def test_explain_and_sheet_tell_the_same_chain(workspace: Path, run: dict[str, Any], report: Path) -> None:
    rows = duckdb.sql(
        f"select session_id from read_parquet('{report / 'verdicts.parquet'}') where patient_id = 'millilitres' and rule_id = 'KD-01'"
    ).fetchall()
    story = job.explain(workspace / "audit", "KD-01", rows[0][0])
    assert [row["conversion"] for row in story["bolus"]] == ["25 mg; / 70 kg = 0.357 mg/kg"]
    assert [row["conversion"].replace(TIMES, "x") for row in story["infusion"]] == [
        "14 mL/h x 2.5 mg/mL = 35 mg/h; / 70 kg = 0.500 mg/kg/h"
    ]
    assert [row["kg"] for row in story["weight"] if row["used"]] == ["70"]
    assert run["sessions"] == len(BY_HAND)
    with pytest.raises(UserError, match="no session"):
        job.explain(workspace / "audit", "KD-01", "nobody")


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (None, "age not known"),
        (17, "under 18 years"),
        (18, "18 to 29 years"),
        (29, "18 to 29 years"),
        (30, "30 to 39 years"),
        (89, "80 to 89 years"),
        (90, "90 years or older"),
    ],
)
def test_an_age_is_told_as_a_decade(age: int | None, band: str) -> None:
    assert age_band(age) == band
