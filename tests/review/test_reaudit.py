"""Re-audit: two whole months of one rule beside each other, never a month that nobody holds in full, no comparison of small numbers."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from infusion_audit import reaudit
from infusion_audit import run as job
from infusion_audit.review import import_reviews
from infusion_audit_reports.statistics import newcombe_95, wilson_95
from tests.reports.inspection import Page

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("reaudit") / "audit"
    job.audit([SAMPLE], workspace, gate=False)
    return workspace


@pytest.fixture
def workspace(sample: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sample, tmp_path / "audit")


def newest(workspace: Path) -> Path:
    return max((workspace / "runs").glob("[!.]*"))


def act(workspace: Path, rule: str, month: str, done: str) -> None:
    """An action on the first finding of a rule in a month (UTC), done on a day."""
    with (newest(workspace) / "findings.csv").open(encoding="utf-8", newline="") as opened:
        key = next(
            row["finding_key"] for row in csv.DictReader(opened) if row["rule_id"] == rule and row["session_started_at"].startswith(month)
        )
    file = workspace.parent / f"{rule}.csv"
    head = "finding_key,disposition,reason,reviewer,action,action_date"
    file.write_text(f"{head}\n{key},unjustified,late,A. Smith,training,{done}\n", "utf-8")
    import_reviews(workspace, file)


def said(workspace: Path) -> str:
    job.render_again(workspace)
    text = Page.read(newest(workspace) / "review.html").text.replace("\u00a0", " ")
    found = re.search(r"Re-audit: what the actions brought.*?(?=Rates, raw and after review)", text, re.DOTALL)
    return " ".join(found[0].split()) if found else ""


def counted(folder: Path, rule: str, month: str) -> tuple[int, int]:
    with duckdb.connect() as connection:
        query = f"""
            select count(*) filter (v.verdict = 'compliant'), count(*) filter (v.verdict in ('compliant', 'violation'))
            from '{folder / "verdicts.parquet"}' as v
            inner join '{folder / "data" / "session.parquet"}' as s using (session_id)
            where v.rule_id = '{rule}' and strftime(s.local_date, '%Y-%m') = '{month}'
        """
        (row,) = connection.execute(query).fetchall()
    return row


def test_the_month_of_the_finding_stands_beside_the_first_full_month_after_the_action(workspace: Path) -> None:
    act(workspace, "KM-01", "2026-08", "2026-08-30")
    text = said(workspace)
    for month in ("2026-08", "2026-09"):
        met, judged = counted(newest(workspace), "KM-01", month)
        assert judged >= 20
        share = wilson_95(met, judged)
        assert share
        assert re.search(
            rf"{month}, {100 * share.low:.1f} to {100 * share.high:.1f} %, n = {judged}\b".replace("100.0", "100(?:.0)?"), text
        ), text
    assert "Cannot be told apart: \u2212" in text


def test_a_month_that_the_data_do_not_reach_to_the_end_is_awaited(workspace: Path) -> None:
    """The sample was extracted on the last day of October."""
    act(workspace, "KM-01", "2026-08", "2026-09-15")
    assert "2026-10 Awaited: no run holds that whole month yet." in said(workspace)


def test_small_months_are_shown_and_not_compared(workspace: Path) -> None:
    act(workspace, "KD-05", "2026-07", "2026-08-20")
    assert counted(newest(workspace), "KD-05", "2026-09")[1] < 20
    assert "Not compared: a month has fewer than 20 judged sessions." in said(workspace)


def test_monthly_runs_find_the_month_before_in_an_earlier_run(tmp_path: Path) -> None:
    workspace = tmp_path / "audit"
    for period in ("2026-08", "2026-09"):
        job.audit([SAMPLE], workspace, period=period, gate=False)
        if period == "2026-08":
            act(workspace, "KM-01", "2026-08", "2026-08-30")
            assert "2026-09 Awaited" in said(workspace)
    first, second = sorted((workspace / "runs").glob("[!.]*"))
    text = said(workspace)
    assert f"n = {counted(first, 'KM-01', '2026-08')[1]}" in text
    assert f"n = {counted(second, 'KM-01', '2026-09')[1]}" in text


def test_a_month_that_nobody_can_hold_opens_no_earlier_run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the report would take longer with every past run, for as long as the month after an action is awaited."""
    act(workspace, "KM-01", "2026-08", "2026-09-15")
    stored = newest(workspace)
    manifest = json.loads((stored / "run.json").read_text("utf-8"))
    for number, period in enumerate(["all", "all", "2026-08", "2026-Q3"]):
        earlier = workspace / "runs" / f"20200101T00000{number}Z-aaaaaa"
        shutil.copytree(stored, earlier, ignore=shutil.ignore_patterns("*.html"))
        (earlier / "run.json").write_text(json.dumps(manifest | {"run_id": earlier.name, "period": period}), "utf-8")
    opened: list[str] = []
    read = reaudit._stored
    monkeypatch.setattr(reaudit, "_stored", lambda run, folder: (opened.append(run["run_id"]), read(run, folder))[1])
    assert "2026-10 Awaited: no run holds that whole month yet." in said(workspace)
    assert opened == []


def test_an_action_that_is_only_planned_shows_nothing(workspace: Path) -> None:
    assert said(workspace) == ""


def test_newcombes_interval_is_that_of_his_paper() -> None:
    """Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 against 48/80, and 10/10 against 0/10."""
    one, other = wilson_95(56, 70), wilson_95(48, 80)
    assert one
    assert other
    assert newcombe_95(one, other) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    all_of, none_of = wilson_95(10, 10), wilson_95(0, 10)
    assert all_of
    assert none_of
    assert newcombe_95(all_of, none_of) == pytest.approx((0.6075, 1.0), abs=5e-5)
