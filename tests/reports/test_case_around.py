"""What a case sheet says of the time around its session: the 24 hours of KD-08, the baseline, and recovery; every number worked by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit import run as job
from infusion_audit_reports.chains import TIMES
from tests.reports.inspection import Page
from tests.support.folder import Tables, write_folder
from tests.support.generate import make_batch
from tests.support.product import protocol_file

MANIFEST = {"site": "Riverside", "timezone": "America/New_York", "extracted_at": "2026-11-20T00:00:00Z"}


def tables() -> Tables:
    """One patient with three infusions in 30 hours, the first of them before the report's period; times are local."""
    common = {"patient_id": "P1", "encounter_id": "E1"}
    doses = [
        # 40 mg/h for an hour: the last half of it lies within 24 hours before the third one's end
        {"event": "infusion", "started_at": "2026-06-14T10:30:00", "stopped_at": "2026-06-14T11:30:00", "rate": "40", "rate_unit": "mg/h"},
        {"event": "bolus", "started_at": "2026-06-14T22:00:00", "dose": "10", "dose_unit": "mg"},
        {"event": "infusion", "started_at": "2026-06-15T10:00:00", "stopped_at": "2026-06-15T11:00:00", "rate": "42", "rate_unit": "mg/h"},
    ]
    seen = [
        ("rass", "0", "2026-06-15T08:12:00"),
        ("rass", "asleep", "2026-06-15T09:50:00"),
        ("respiratory_rate", "14", "2026-06-15T09:55:00"),
        ("rass", "0", "2026-06-15T10:10:00"),
        ("rass", "0", "2026-06-15T11:05:00"),
    ]
    return {
        "patient": [{"patient_id": "P1", "birth_date": "1970-01-01", "sex": "male"}],
        "encounter": [
            {**common, "site_id": "S1", "department": "day", "started_at": "2026-06-14T05:00:00", "ended_at": "2026-06-15T11:20:00"}
        ],
        "medication_order": [
            {**common, "order_id": "O1", "context": "chronic", "indication": "crps", "dosing_weight": "70", "dosing_weight_unit": "kg"}
        ],
        "administration": [
            {**common, "administration_id": f"A{number}", "order_id": "O1", "line_id": "L1", "source": "mar", **row}
            for number, row in enumerate(doses, start=1)
        ],
        "observation": [{**common, "kind": kind, "value": value, "effective_at": at} for kind, value, at in seen],
    }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    base = tmp_path_factory.mktemp("around")
    protocol = protocol_file(base / "protocol.toml")
    folder = write_folder(base / "data", tables(), MANIFEST)
    return base / "audit", job.audit([folder], base / "audit", protocol=str(protocol), period="2026-06-15..2026-06-30", gate=False)


@pytest.fixture(scope="module")
def report(audited: tuple[Path, dict[str, Any]]) -> Path:
    return audited[0] / "runs" / audited[1]["run_id"]


@pytest.fixture(scope="module")
def text(report: Path) -> str:
    (sheet,) = report.glob("case-*.html")
    return Page.read(sheet).text.replace("\u00a0", " ").replace(TIMES, "x")


def test_the_24_hours_of_a_sheet_hold_the_doses_of_other_sessions(text: str) -> None:
    for words in (
        "KD-08: dose in 24 hours",
        "The 24 hours with the most: 2026-06-14 11:00 to 2026-06-15 11:00. 2 other sessions of this patient gave a dose in them.",
        "06-14 11:00 to 11:30 infusion: 40 mg/h x 30 min = 20 mg, the part in these hours session of 2026-06-14 10:30",
        "06-14 22:00 bolus: 10 mg session of 2026-06-14 22:00",
        "06-15 10:00 to 11:00 infusion: 42 mg/h x 60 min = 42 mg this session",
        # 20 + 10 + 42 = 72; 72 / 70 = 1.028571
        "bolus 10 mg + infusion 62 mg = 72 mg; / 70 kg = 1.029 mg/kg",
    ):
        assert words in text, words


def test_a_sheet_says_where_a_baseline_was_looked_for_and_which_assessment_was_the_last(text: str) -> None:
    for words in (
        "Looked for from 09:30 to the start at 10:00 (30 min): ",
        "sedation by aldrete consciousness, moaas, poss, ramsay, rass",
        "1 sedation row in this time with a value that its scale does not know: no assessment.",
        "sedation rass 0 at 08:12 = 108 min before the start too early; at most 30 min; observation.csv:2",
        "respiratory respiratory rate 14 at 09:55 = 5 min before the start at most 30 min; observation.csv:4",
    ):
        assert words in text, words


def test_a_sheet_says_how_long_recovery_was_watched_and_its_gaps(text: str) -> None:
    for words in (
        "Watched from 11:00 to 11:20: the patient was discharged before the 30 min of recovery were over.",
        "sedation 11:05 to 11:20 = 15 min the longest; at most 20 min; observation.csv:6 and end of the time watched",
        "respiratory 11:00 to 11:20 = 20 min the longest; at most 20 min; end of the session and end of the time watched",
    ):
        assert words in text, words


def test_the_sheet_is_the_same_when_it_is_rendered_again(audited: tuple[Path, dict[str, Any]], report: Path) -> None:
    before = {file.name: file.read_bytes() for file in report.glob("case-*.html")}
    assert before
    job.render_again(audited[0], audited[1]["run_id"])
    assert {file.name: file.read_bytes() for file in report.glob("case-*.html")} == before


def test_explain_tells_the_same(audited: tuple[Path, dict[str, Any]], report: Path) -> None:
    ((session,),) = duckdb.sql(f"select distinct session_id from read_parquet('{report / 'verdicts.parquet'}')").fetchall()
    story = job.explain(audited[0], "KD-08", session)
    assert [row["conversion"].replace(TIMES, "x") for row in story["window"]] == [
        "40 mg/h x 30 min = 20 mg",
        "10 mg",
        "42 mg/h x 60 min = 42 mg",
    ]
    story = job.explain(audited[0], "KM-11", session)
    assert {(row["domain"], row["kind"], row["value"]) for row in story["baseline"]} == {
        ("sedation", "rass", "0"),
        ("respiratory", "respiratory_rate", "14"),
    }


def test_what_a_window_holds_adds_up_to_its_verdict(tmp_path: Path) -> None:
    """Over generated charts: the parts that a sheet lists are what the rule summed, with every uncertain end and amount."""
    batch = make_batch(4, 120)
    folder = write_folder(tmp_path / "data", batch.tables, batch.manifest)
    protocol = protocol_file(tmp_path / "protocol.toml", batch.settings)
    run = job.audit([folder], tmp_path / "audit", protocol=str(protocol), gate=False, case_sheets=1000)
    report = tmp_path / "audit" / "runs" / run["run_id"]
    rows = duckdb.sql(
        f"""
        select
            w.session_id,
            any_value(v.observed_high) as high,
            any_value(v.observed_low) as low,
            cast(case when count(w.mg_x3600_high) = count(*) then sum(w.mg_x3600_high) end as double)
            / 3600 / any_value(cast(w.weight_kg_low as double)) as sum_high,
            cast(sum(w.mg_x3600_low) as double) / 3600 / any_value(cast(w.weight_kg_high as double)) as sum_low,
            bool_or(w.is_other) as has_others
        from read_parquet('{report / "data" / "step_window.parquet"}') as w
        inner join read_parquet('{report / "verdicts.parquet"}') as v on v.session_id = w.session_id and v.rule_id = 'KD-08'
        where w.rule_id = 'KD-08' and w.weight_kg_low is not null and not w.row_kept_out
        group by w.session_id
        """
    ).fetchall()
    assert len(rows) > 50
    assert sum(has_others for *_, has_others in rows) > 5
    wrong = [
        (session, high, sum_high, low, sum_low)
        for session, high, low, sum_high, sum_low, _ in rows
        if (high is not None and (sum_high is None or abs(high - sum_high) > 1e-9)) or sum_low > low + 1e-9
    ]
    assert wrong == []
    text = "".join(Page.read(file).text for file in report.glob("case-*.html"))
    assert re.search(r"KD-08: dose in 24 hours", text)
