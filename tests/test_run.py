"""The main job end to end: what a run publishes, what it promises about rows and evidence, and how it ends."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit import review_tables
from infusion_audit import run as job
from infusion_audit.errors import GateFailed, UserError, WorkspaceBusy
from infusion_audit.protocol import load_protocol
from infusion_audit.sample import write_sample
from infusion_audit.workspace import Workspace

JUDGED = (
    *("KD-01", "KD-02", "KD-03", "KD-04", "KD-05", "KD-06", "KD-07", "KM-01", "KM-02", "KM-03"),
    *("KC-01", "KC-02", "KC-03", "KC-04", "KC-05", "KC-06", "KS-01"),
)
EVERY_RULE = load_protocol("ketamine-chronic-pain").text.replace("enabled = false", "enabled = true")


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extract") / "data"
    write_sample(folder, sessions=300, seed=11, months=4, faults=True)
    return folder


@pytest.fixture(scope="module")
def published(extract: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    workspace = tmp_path_factory.mktemp("workspace") / "audit"
    return workspace, job.audit([extract], workspace, gate=False)


def verdicts(workspace: Path, run: dict[str, Any], query: str = "select * from verdict order by all") -> list[tuple[Any, ...]]:
    file = workspace / "runs" / run["run_id"] / "verdicts.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create view verdict as select * from read_parquet('{file}')")
        return connection.execute(query).fetchall()


def expected(folder: Path, name: str) -> set[tuple[str, ...]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return {tuple(row.values()) for row in csv.DictReader(file)}


FOUND = """
    select patient_id, strftime(session_started_at, '%Y-%m-%dT%H:%M:%SZ'), rule_id, verdict
    from verdict
    where verdict in ('violation', 'not_evaluable')
"""


def test_all_planted_truth_is_found_and_nothing_more(tmp_path: Path) -> None:
    """With every rule on; the rules on by default judge the same whatever else is on, so one run serves both files of truth."""
    write_sample(tmp_path / "data", sessions=5000, seed=2, months=6, faults=True)
    (tmp_path / "own.toml").write_text(EVERY_RULE, "utf-8")
    run = job.audit([tmp_path / "data"], tmp_path / "audit", protocol=str(tmp_path / "own.toml"), gate=False)
    found = set(verdicts(tmp_path / "audit", run, FOUND))
    planted, optional = expected(tmp_path / "data", "expected.csv"), expected(tmp_path / "data", "expected_optional.csv")
    assert found - planted - optional == set()
    assert (planted | optional) - found == set()
    assert {rule_id for _, _, rule_id, _ in planted} == set(JUDGED)
    assert {rule_id for _, _, rule_id, _ in optional} == set(run["verdicts"]) - set(JUDGED)
    violated = {rule_id for _, _, rule_id, verdict in planted | optional if verdict == "violation"}
    assert violated == set(run["verdicts"]) - {"KO-01"}


def test_a_rule_judges_the_same_whatever_else_is_on(published: tuple[Path, dict[str, Any]], extract: Path, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(EVERY_RULE, "utf-8")
    run = job.audit([extract], tmp_path / "audit", protocol=str(tmp_path / "own.toml"), gate=False)
    columns = "session_id, rule_id, verdict, grade, observed_low, observed_high, reason, flags"
    by_default = verdicts(*published, f"select {columns} from verdict order by all")
    with_all = verdicts(tmp_path / "audit", run, f"select {columns} from verdict where rule_id in {JUDGED} order by all")
    assert with_all == by_default
    assert len(run["verdicts"]) > len(JUDGED)


def test_every_rule_judges_every_session(published: tuple[Path, dict[str, Any]]) -> None:
    workspace, run = published
    for rule_id, counts in run["verdicts"].items():
        assert sum(counts.values()) == run["sessions"], rule_id
    assert verdicts(workspace, run, "select count(*), count(distinct (session_id, rule_id)) from verdict") == [
        (run["sessions"] * len(run["verdicts"]),) * 2
    ]


def test_every_row_is_accounted_for(published: tuple[Path, dict[str, Any]]) -> None:
    for each in published[1]["inputs"]:
        assert each["received"] == each["loaded"] + each["quarantined"] + each["duplicates"], each


def test_evidence_points_at_the_line_that_holds_the_row(published: tuple[Path, dict[str, Any]], extract: Path) -> None:
    workspace, run = published
    pointed = verdicts(workspace, run, "select distinct unnest(evidence, recursive := true) from verdict")
    assert {table for table, *_ in pointed} >= {"administration", "medication_order", "observation"}
    lines: dict[str, list[bytes]] = {}
    for table, row_id, file, line in pointed:
        text = lines.setdefault(file, (extract / file).read_bytes().split(b"\n"))[line - 1]
        if table in ("administration", "medication_order"):
            assert row_id.encode() in text
    assert verdicts(workspace, run, "select count(*) from verdict where verdict = 'violation' and len(evidence) = 0") == [(0,)]


def test_the_manifest_is_the_contract_s(published: tuple[Path, dict[str, Any]]) -> None:
    workspace, run = published
    stored = json.loads((workspace / "runs" / run["run_id"] / "run.json").read_text("utf-8"))
    assert stored == run
    assert {
        "run_id",
        "status",
        "exit_code",
        "period",
        "protocol",
        "software",
        "inputs",
        "gate",
        "sessions",
        "verdicts",
        "report",
    } <= run.keys()
    assert {"timings_s", "started_at", "finished_at"} <= run.keys()
    assert (workspace / run["report"]).is_file()
    assert (workspace / "index.html").is_file()


def test_findings_are_the_violations(published: tuple[Path, dict[str, Any]]) -> None:
    workspace, run = published
    with (workspace / "runs" / run["run_id"] / "findings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(counts["violation"] for counts in run["verdicts"].values())
    assert len({row["finding_key"] for row in rows}) == len(rows)


def test_loading_the_same_files_again_changes_nothing(published: tuple[Path, dict[str, Any]], extract: Path, tmp_path: Path) -> None:
    workspace, run = published
    copy = tmp_path / "audit"
    shutil.copytree(workspace, copy)
    again = job.audit([extract], copy, gate=False)
    columns = "* exclude (run_id)"
    assert verdicts(copy, again, f"select {columns} from verdict order by all") == verdicts(
        workspace, run, f"select {columns} from verdict order by all"
    )
    assert again["inputs"] == run["inputs"] or [each["loaded"] for each in again["inputs"]] == [each["loaded"] for each in run["inputs"]]


def test_a_period_holds_the_sessions_that_start_in_it(extract: Path, tmp_path: Path) -> None:
    whole = job.audit([extract], tmp_path / "audit", gate=False)
    month = job.check(tmp_path / "audit", "2026-09", "ketamine-chronic-pain")
    assert 0 < month["sessions"] < whole["sessions"]
    assert month["report"] is None
    days = verdicts(tmp_path / "audit", month, "select min(session_started_at), max(session_started_at) from verdict")[0]
    assert (days[0].month, days[1].strftime("%Y-%m-%d") <= "2026-10-01") == (9, True)


def test_fail_on_ends_with_exit_code_4_and_publishes(extract: Path, tmp_path: Path) -> None:
    run = job.audit([extract], tmp_path / "audit", gate=False, fail_on="major")
    assert run["exit_code"] == 4
    assert (tmp_path / "audit" / run["report"]).is_file()


def test_a_second_run_is_refused_while_one_holds_the_workspace(extract: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "audit").lock(), pytest.raises(WorkspaceBusy):
        job.audit([extract], tmp_path / "audit", gate=False)


def test_a_stored_run_renders_to_the_same_pages_on_the_same_day(
    published: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_tables, "today", lambda: date.fromisoformat(published[1]["finished_at"][:10]))
    copy = tmp_path / "audit"
    shutil.copytree(published[0], copy)
    run_id = published[1]["run_id"]
    before = {file.name: file.read_text("utf-8") for file in (copy / "runs" / run_id).glob("*.html")}
    job.render_again(copy, run_id)
    after = {file.name: file.read_text("utf-8") for file in (copy / "runs" / run_id).glob("*.html")}
    assert after == before


def test_explain_lays_every_step_open(published: tuple[Path, dict[str, Any]]) -> None:
    workspace, run = published
    session_id, observed = verdicts(
        workspace, run, "select session_id, observed from verdict where rule_id = 'KD-01' and verdict = 'violation' and observed > 0"
    )[0]
    story = job.explain(workspace, "KD-01", session_id)
    assert story["verdict"]["observed"] == observed
    assert story["limit"]["quote"] == "<0.35 mg/kg"
    assert max(bolus["mg_per_kg"] for bolus in story["bolus"]) == pytest.approx(observed)
    assert story["source_rows"]
    told = {(row["question"], row["reading"]): row for row in story["other_readings"]}
    assert {row["verdict"] for row in told.values() if row["chosen"]} == {"violation"}
    ideal = told["Per kilogram of which weight?", "the ideal weight, from sex and height"]
    assert ideal["verdict"] in ("compliant", "violation", "not_evaluable")
    assert ideal["observed_low"] != observed


def test_a_period_leaves_the_other_sessions_out_of_the_panel(published: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    workspace, whole = published
    [(month,)] = verdicts(workspace, whole, "select strftime(quantile_disc(session_started_at, 0.5), '%Y-%m') from verdict")
    shutil.copytree(workspace, tmp_path / "audit")
    part = job.check(tmp_path / "audit", month, "ketamine-chronic-pain")
    assert 0 < part["sessions"] < whole["sessions"]
    for entry in part["sensitivity"]:
        if entry["chosen"]:
            counted = part["verdicts"][entry["rule_id"]]
            assert (entry["violation"], entry["not_evaluable"]) == (counted["violation"], counted["not_evaluable"])
        assert entry["violation"] + entry["not_evaluable"] <= part["sessions"]


def test_a_run_of_a_release_without_the_panel_is_rendered_again(published: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    workspace, run = published
    copy = tmp_path / "audit"
    shutil.copytree(workspace, copy)
    (copy / "runs" / run["run_id"] / "data" / "sensitivity.parquet").unlink()
    job.render_again(copy, run["run_id"])
    assert "Other readings" not in (copy / "runs" / run["run_id"] / "methods.html").read_text("utf-8")


def test_explain_says_why_each_drug_counts(published: tuple[Path, dict[str, Any]], extract: Path) -> None:
    workspace, run = published
    session_id, classes = verdicts(
        workspace, run, "select session_id, observed from verdict where rule_id = 'KS-01' and verdict = 'compliant' order by all"
    )[0]
    story = job.explain(workspace, "KS-01", session_id)
    assert story["series"][0]["number_in_series"] == 1
    drugs = story["drug_history"]
    assert len({drug["drug_class"] for drug in drugs if drug["reading"].startswith("counts")}) == classes
    for drug in drugs:
        assert drug["drug_class"].encode() in (extract / drug["file"]).read_bytes().split(b"\n")[drug["line"] - 1]


def test_explain_says_what_became_of_the_stock(extract: Path, tmp_path: Path) -> None:
    head, entry = load_protocol("ketamine-chronic-pain").text.split("[rules.KR-01]")
    (tmp_path / "own.toml").write_text(f"{head}[rules.KR-01]{entry.replace('enabled = false', 'enabled = true', 1)}", "utf-8")
    run = job.audit([extract], tmp_path / "audit", protocol=str(tmp_path / "own.toml"), gate=False)
    (session_id, *_), *_ = verdicts(
        tmp_path / "audit", run, "select session_id from verdict where rule_id = 'KR-01' and verdict = 'compliant' order by all"
    )
    story = job.explain(tmp_path / "audit", "KR-01", session_id)
    move = story["stock"][0]
    assert move["action"].encode() in (extract / move["file"]).read_bytes().split(b"\n")[move["line"] - 1]
    assert move["dispensed_mg"] - move["administered_mg_low"] - move["wasted_mg"] - move["returned_mg"] == pytest.approx(0, abs=2)


def test_explain_of_an_unknown_session_is_refused(published: tuple[Path, dict[str, Any]]) -> None:
    with pytest.raises(UserError, match="no session"):
        job.explain(published[0], "KD-01", "nothing-like-it")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GateFailed]:
    """A run on an extract of which every tenth administration row is unreadable."""
    home = tmp_path_factory.mktemp("stopped")
    write_sample(home / "data", sessions=100, seed=4, months=3, faults=False)
    file = home / "data" / "administration.csv"
    head, *rows = file.read_text("utf-8").splitlines()
    column = head.split(",").index("started_at")
    for number in range(0, len(rows), 10):
        cells = rows[number].split(",")
        rows[number] = ",".join([*cells[:column], "soon", *cells[column + 1 :]])
    file.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    with pytest.raises(GateFailed) as failure:
        job.audit([home / "data"], home / "audit", gate=True)
    return home / "audit", failure.value


def test_a_failed_gate_publishes_nothing_and_says_why(stopped: tuple[Path, GateFailed]) -> None:
    workspace, failure = stopped
    (folder,) = [each for each in (workspace / "runs").iterdir() if not each.name.startswith(".")]
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert (run["exit_code"], run["status"], run["report"]) == (3, "gate_failed", None)
    assert run["gate"]["status"] == "failed"
    assert any("administration" in name for name in run["gate"]["failed"])
    assert not list(folder.glob("*.html"))
    assert not (workspace / "index.html").exists()
    assert "administration" in failure.message


def test_a_failed_gate_keeps_nothing_of_the_extract(stopped: tuple[Path, GateFailed]) -> None:
    with duckdb.connect(str(stopped[0] / "warehouse.duckdb"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        loaded = connection.execute("select count(*) from administration").fetchall() if "administration" in tables else [(0,)]
    assert loaded == [(0,)]


def test_what_the_gate_stopped_cannot_be_rendered(stopped: tuple[Path, GateFailed]) -> None:
    with pytest.raises(GateFailed, match="was stopped by the data-quality gate and is not published"):
        job.render_again(stopped[0])


@pytest.mark.parametrize("source", ["canonical", "own"])
def test_an_extract_of_which_every_dose_row_is_kept_out_is_not_published_whatever_its_size(tmp_path: Path, source: str) -> None:
    data, folder = tmp_path / "data", tmp_path / "own"
    data.mkdir()
    cells = "soon" if source == "canonical" else "2026-06-15T10:00:00Z,one cell too many"
    rows = "".join(f"A{number},P{number},bolus,20,mg,{cells}\n" for number in range(40))
    (data / "administration.csv").write_text("administration_id,patient_id,event,dose,dose_unit,started_at\n" + rows)
    if source == "own":
        folder.mkdir()
        (folder / "source.toml").write_text('[reads]\nmar = "administration.csv"\n')
        (folder / "administration.sql").write_text("select * from mar")
    with pytest.raises(GateFailed, match="usable_administration_critical: 0, expected at least 1"):
        job.audit([data], tmp_path / "audit", source=str(folder) if source == "own" else source)
    assert not (tmp_path / "audit" / "index.html").exists()
