"""The workspace: one run at a time, a run is there whole or not at all, broken folders disturb nobody."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infusion_audit import engine
from infusion_audit.errors import UserError, WorkspaceBusy
from infusion_audit.workspace import Workspace

HOLD = """
import sys, time
from pathlib import Path
from infusion_audit.workspace import Workspace
with Workspace(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def publish(workspace: Workspace, run_id: str, **manifest: Any) -> None:
    with workspace.publishing(run_id) as folder:
        (folder / "run.json").write_text(
            json.dumps({"run_id": run_id, "report": f"runs/{run_id}/index.html", **manifest}), encoding="utf-8"
        )


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_workspace(tmp_path: Path):
    with hold(tmp_path) as holder:
        with pytest.raises(WorkspaceBusy) as caught, Workspace(tmp_path).lock():
            pass
        holder.kill()
    assert caught.value.exit_code == 5
    assert re.search(rf"in use by process {holder.pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC", caught.value.message)


def test_a_killed_run_leaves_the_workspace_free(tmp_path: Path):
    with hold(tmp_path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
    with Workspace(tmp_path).lock():
        pass


def test_what_a_killed_run_left_half_done_is_put_away_or_put_back(tmp_path: Path):
    """Half a run holds patients' data and is nobody's; a report that was about to be replaced is the only one there is."""
    workspace = Workspace(tmp_path)
    publish(workspace, "r1")
    publish(workspace, "r2")
    (workspace.runs / ".r3.partial" / "data").mkdir(parents=True)
    workspace.run_folder("r1").rename(workspace.runs / ".r1.old")
    (workspace.runs / ".r2.old").mkdir()
    (tmp_path / "external" / ".r1.partial").mkdir(parents=True)
    with workspace.lock():
        assert [run["run_id"] for run in workspace.manifests()] == ["r1", "r2"]
    assert sorted(path.name for path in workspace.runs.iterdir()) == ["r1", "r2"]
    assert not list((tmp_path / "external").iterdir())


def test_the_workspace_is_free_after_a_failure(tmp_path: Path):
    workspace = Workspace(tmp_path)
    with pytest.raises(ZeroDivisionError), workspace.lock():
        raise ZeroDivisionError
    with workspace.lock():
        pass


def test_a_run_is_published_whole_or_not_at_all(tmp_path: Path):
    workspace = Workspace(tmp_path)

    def write_half() -> None:
        with workspace.publishing("r1") as folder:
            (folder / "index.html").write_text("half", encoding="utf-8")
            assert not workspace.run_folder("r1").exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert list(workspace.runs.iterdir()) == []


def test_rendering_again_replaces_the_run(tmp_path: Path):
    workspace = Workspace(tmp_path)
    publish(workspace, "r1", sessions=1)
    publish(workspace, "r1", sessions=2)
    assert [run["sessions"] for run in workspace.manifests()] == [2]
    assert [each.name for each in workspace.runs.iterdir()] == ["r1"]


def test_run_ids_differ_and_sort_by_time(tmp_path: Path):
    ids = [Workspace(tmp_path).new_run_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", each) for each in ids)
    assert [each[:16] for each in ids] == sorted(each[:16] for each in ids)


def test_a_broken_run_folder_is_passed_over(tmp_path: Path):
    workspace = Workspace(tmp_path)
    publish(workspace, "r1")
    for name, content in [("r2", "{"), ("r3", "[]"), ("r4", '{"run_id": "r1"}'), ("r5", "\udcff")]:
        (workspace.runs / name).mkdir()
        (workspace.runs / name / "run.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    (workspace.runs / "r6").mkdir()
    assert [run["run_id"] for run in workspace.manifests()] == ["r1"]


def test_the_previous_run_is_the_latest_published_one_by_the_same_protocol(tmp_path: Path):
    workspace = Workspace(tmp_path)
    publish(workspace, "r1", protocol={"id": "a"})
    publish(workspace, "r2", protocol={"id": "a"})
    publish(workspace, "r3", protocol={"id": "a"}, report=None)
    publish(workspace, "r4", protocol={"id": "b"})
    assert (workspace.previous_run("a") or {})["run_id"] == "r2"
    assert (workspace.previous_run("a", before="r2") or {})["run_id"] == "r1"
    assert workspace.previous_run("c") is None


def test_a_run_is_found_by_the_start_of_its_id(tmp_path: Path):
    workspace = Workspace(tmp_path)
    publish(workspace, "20261001T000000Z-aaaaaa")
    publish(workspace, "20261002T000000Z-bbbbbb")
    assert workspace.find_run()["run_id"] == "20261002T000000Z-bbbbbb"
    assert workspace.find_run("20261001")["run_id"] == "20261001T000000Z-aaaaaa"
    for wrong in ("2026", "1999"):
        with pytest.raises(UserError, match="runs of"):
            workspace.find_run(wrong)


def test_an_empty_workspace_has_no_run(tmp_path: Path):
    assert Workspace(tmp_path / "none").manifests() == []
    with pytest.raises(UserError, match="holds no run"):
        Workspace(tmp_path / "none").find_run()


def test_a_workspace_that_cannot_be_made_is_a_users_problem(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be written"):
        Workspace(tmp_path / "file" / "audit").create()


# ---------------------------------------------------------------- the warehouse


def test_a_question_mark_in_the_path_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(UserError, match=r'holds a "\?"'):
        engine.connect(tmp_path / "what?" / "warehouse.duckdb")


@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_a_damaged_warehouse_is_no_bug_of_the_program(tmp_path: Path, damage: str):
    file = tmp_path / "warehouse.duckdb"
    with engine.connect(file) as connection:
        connection.execute("create table t as select range as n, md5(cast(range as varchar)) as words from range(200000)")
    whole = file.read_bytes()
    half = len(whole) // 2
    file.write_bytes(whole[:half] if damage == "cut off" else whole[:half] + bytes(500_000) + whole[half + 500_000 :])
    with pytest.raises((engine.EngineError, UserError)) as caught, engine.connect(file) as connection:
        connection.execute("select count(distinct words), sum(n) from t").fetchall()
    told = caught.value if isinstance(caught.value, UserError) else engine.cause_outside(caught.value)
    assert "move it away and load the extracts again" in str(told)
