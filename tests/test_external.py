"""External reports of one workspace: recorded, whole or not at all, and never to be subtracted from one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infusion_audit.errors import UserError
from infusion_audit.run import audit, render_outside
from infusion_audit.sample import write_sample


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: a quarter, and a part of its second month."""
    base = tmp_path_factory.mktemp("external")
    write_sample(base / "data", sessions=240, seed=11, months=4, faults=True, format="canonical")
    for period in ("2026-Q3", "2026-08-01..2026-08-15", "2026-08-20..2026-09-10"):
        audit([base / "data"], base / "audit", period=period, gate=False)
    return base / "audit"


def run_ids(workspace: Path) -> dict[str, str]:
    found = (json.loads(file.read_text("utf-8")) for file in workspace.glob("runs/*/run.json"))
    return {run["period"]: run["run_id"] for run in found}


def test_a_report_is_written_and_recorded_and_an_overlap_is_refused(workspace: Path) -> None:
    runs = run_ids(workspace)
    made = render_outside(workspace, runs["2026-Q3"])
    pages = (workspace / made["report"]).parent
    assert made["audience"] == "external"
    assert {page.name for page in pages.iterdir()} >= {"index.html", "scorecard.html", "methods.html"}
    (record,) = (workspace / "given-out").glob("*.json")
    before = record.read_bytes()
    render_outside(workspace, runs["2026-Q3"])
    assert [record.read_bytes()] == [file.read_bytes() for file in (workspace / "given-out").glob("*.json")] == [before]
    stored = json.loads((workspace / "runs" / runs["2026-Q3"] / "run.json").read_text("utf-8"))
    assert stored["report"].startswith("runs/")  # the internal report stays what the catalogue shows
    render_outside(workspace, runs["2026-08-01..2026-08-15"])
    with pytest.raises(UserError, match="overlap") as refused:
        render_outside(workspace, runs["2026-08-20..2026-09-10"])
    assert "given-out" in str(refused.value)
    assert not list((workspace / "external").glob(f"*{runs['2026-08-20..2026-09-10']}*"))
    with pytest.raises(UserError, match="--small-numbers hide"):
        render_outside(workspace, runs["2026-Q3"], "round")


def test_the_trends_of_a_later_run_reach_back_and_its_changes_say_with_what(workspace: Path) -> None:
    run = run_ids(workspace)["2026-08-20..2026-09-10"]
    text = (workspace / "runs" / run / "trends.html").read_text("utf-8")
    assert "2026-07" in text  # from the run of the quarter
    changes = (workspace / "runs" / run / "changes.html").read_text("utf-8")
    assert "Against the run before" in changes


def test_a_mistake_in_trends_toml_stops_a_run_before_it_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "trends.toml").write_text('[[baseline]]\nfrom = "soon"\nwhy = "x"\n', "utf-8")
    with pytest.raises(UserError, match=r"from is not a month"):
        audit([tmp_path / "nothing"], tmp_path / "audit")
