"""Publishing: a report appears whole or not at all, what was published stays, and a stopped run is never handed out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from infusion_audit import destination
from infusion_audit import run as job
from infusion_audit.errors import GateFailed, UserError
from infusion_audit.publish import publish
from infusion_audit.workspace import Workspace

from ..conftest import SAMPLE
from .conftest import KEY, call


def tree(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def is_whole(folder: Path) -> bool:
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
    return tree(folder) == sums | {"SHA256SUMS": tree(folder)["SHA256SUMS"]}


# ---------------------------------------------------------------- a folder


def test_a_report_is_published_whole_and_as_latest(workspace: Path, tmp_path: Path) -> None:
    done = publish(workspace, str(tmp_path / "reports"))
    latest = tmp_path / "reports" / "latest"
    assert os.fspath((latest).readlink()) == done.path == f"runs/{done.run_id}"
    assert json.loads((tmp_path / "reports" / "latest.json").read_text("utf-8"))["path"] == done.path
    assert is_whole(latest)
    (run,) = Workspace(workspace).manifests()
    names = {
        "index.html",
        "findings.csv",
        "verdicts.parquet",
        "outliers.csv",
        "quarantine.csv",
        "run.json",
        "summary.json",
        "protocol.toml",
    }
    assert names <= set(tree(latest))
    assert json.loads((latest / "run.json").read_text("utf-8"))["verdicts"] == run["verdicts"]
    assert not any(name.startswith("data/") for name in tree(latest))
    assert not list(workspace.glob(".publishing*"))


@pytest.mark.parametrize("inside", ["", "runs", "published"])
def test_nothing_is_published_into_the_workspace_itself(workspace: Path, inside: str) -> None:
    before = sorted(workspace.rglob("*"))
    with pytest.raises(UserError, match="lies in the workspace"):
        publish(workspace, str(workspace / inside))
    assert sorted(workspace.rglob("*")) == before


def test_the_pages_of_a_copy_are_those_of_the_run(workspace: Path, tmp_path: Path) -> None:
    """The pharmacy's worklist is made from tables that only the run itself used to have."""
    publish(workspace, str(tmp_path / "reports"))
    (run,) = Workspace(workspace).manifests()
    inside, outside = Workspace(workspace).run_folder(run["run_id"]), tmp_path / "reports" / "latest"
    assert (outside / "outliers.csv").read_bytes() == (inside / "outliers.csv").read_bytes()
    for page in inside.glob("*.html"):
        told = (outside / page.name).read_text("utf-8")
        assert "earlier release" not in told
        assert told.count("<tr") == page.read_text("utf-8").count("<tr"), page.name


def test_no_page_of_a_copy_leads_out_of_it(workspace: Path, tmp_path: Path) -> None:
    publish(workspace, str(tmp_path / "reports"))
    for page in (tmp_path / "reports" / "latest").glob("*.html"):
        assert "../" not in page.read_text("utf-8"), page.name


def test_publishing_again_changes_nothing(workspace: Path, tmp_path: Path) -> None:
    first = publish(workspace, str(tmp_path / "reports"), kinds=["xlsx", "fhir"])
    before = tree(tmp_path / "reports" / "runs")
    again = publish(workspace, str(tmp_path / "reports"), kinds=["xlsx", "fhir"])
    assert (first.is_new, again.is_new) == (True, False)
    assert tree(tmp_path / "reports" / "runs") == before


def test_a_publication_is_never_changed_later_pages_stand_beside_it(workspace: Path, tmp_path: Path, dispose: Callable[[], None]) -> None:
    first = publish(workspace, str(tmp_path / "reports"))
    before = tree(tmp_path / "reports" / first.path)
    dispose()
    second = publish(workspace, str(tmp_path / "reports"))
    assert second.path == f"{first.path}-2"
    assert tree(tmp_path / "reports" / first.path) == before
    assert os.fspath((tmp_path / "reports" / "latest").readlink()) == second.path


@pytest.mark.parametrize("number", [0, 5])
def test_a_full_disk_keeps_what_was_published(
    workspace: Path, tmp_path: Path, dispose: Callable[[], None], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    first = publish(workspace, str(tmp_path / "reports"))
    before = tree(tmp_path / "reports")
    dispose()
    copied: list[Path] = []
    copy = shutil.copyfile

    def fills_up(source: Path, target: Path) -> Any:
        if len(copied) == number:
            target.write_bytes(b"half")
            raise OSError(28, "No space left on device", str(target))
        copied.append(target)
        return copy(source, target)

    monkeypatch.setattr(destination.shutil, "copyfile", fills_up)
    result = call("publish", tmp_path / "reports", "--workspace", workspace)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "unchanged" in result.stderr
    assert tree(tmp_path / "reports") == before
    assert os.fspath((tmp_path / "reports" / "latest").readlink()) == first.path


@pytest.mark.parametrize("where", ["copyfile", "symlink_to", "replace"])
def test_killed_between_any_two_steps_the_report_before_stays_the_latest(
    workspace: Path, tmp_path: Path, dispose: Callable[[], None], where: str
) -> None:
    """kill -9 in a process of its own, after half of the files, before the switch, and between the two pointers."""
    reports = tmp_path / "reports"
    first = publish(workspace, str(reports))
    before = tree(reports / first.path)
    dispose()
    killer = f"""
import os, signal, shutil, pathlib, sys
from infusion_audit import destination
from infusion_audit.publish import publish
calls = []
def dies(original, after):
    def step(*arguments, **named):
        calls.append(1)
        if len(calls) > after:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)
    return step
if {where!r} == "copyfile":
    destination.shutil.copyfile = dies(shutil.copyfile, 4)
else:
    setattr(pathlib.Path, {where!r}, dies(getattr(pathlib.Path, {where!r}), {1 if where == "replace" else 0}))
publish(pathlib.Path({str(workspace)!r}), {str(reports)!r})
"""
    done = subprocess.run([sys.executable, "-c", killer], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert is_whole(reports / "latest")
    assert tree(reports / first.path) == before
    if where != "replace":  # there the new report was whole, and the switch was made
        assert os.fspath((reports / "latest").readlink()) == first.path
    second = publish(workspace, str(reports))
    assert os.fspath((reports / "latest").readlink()) == second.path == f"{first.path}-2"
    assert is_whole(reports / "latest")
    assert not list((reports / "runs").glob(".*"))


def test_a_place_that_cannot_be_written_is_named(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    result = call("publish", tmp_path / "file", "--workspace", workspace)
    assert result.exit_code == 2
    assert f"{tmp_path / 'file'} cannot be written" in result.stderr


# ---------------------------------------------------------------- which run


def stop_newest_run(workspace: Path) -> str:
    """Put a run behind the others that the gate stopped."""
    (run,) = Workspace(workspace).manifests()
    stopped = run | {"run_id": "29990101T000000Z-ffffff", "status": "gate_failed", "exit_code": 3, "report": None}
    folder = workspace / "runs" / stopped["run_id"]
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(stopped), "utf-8")
    return run["run_id"]


def test_a_run_that_the_gate_stopped_is_never_published(workspace: Path, tmp_path: Path) -> None:
    earlier = stop_newest_run(workspace)
    with pytest.raises(GateFailed, match="is not published"):
        publish(workspace, str(tmp_path / "reports"))
    with pytest.raises(GateFailed):
        publish(workspace, str(tmp_path / "reports"), "29990101T000000Z-ffffff")
    result = call("publish", tmp_path / "reports", "--workspace", workspace)
    assert result.exit_code == 3
    assert not (tmp_path / "reports").exists()
    assert call("publish", tmp_path / "reports", "--workspace", workspace, "--run", earlier).exit_code == 0


def test_of_a_run_by_two_protocols_one_must_be_named(tmp_path: Path) -> None:
    run = job.audit([SAMPLE], tmp_path / "audit", gate=False, alongside="asra-aapm-asa-2018-chronic")
    with pytest.raises(UserError, match="judged by two protocols") as refused:
        publish(tmp_path / "audit", str(tmp_path / "reports"))
    assert run["run_id"] in refused.value.message
    publish(tmp_path / "audit", str(tmp_path / "reports"), run["run_id"])
    publish(tmp_path / "audit", str(tmp_path / "deidentified"), run["run_id"], key=KEY.encode())
    pages = [page for place in ("reports", "deidentified") for page in (tmp_path / place).glob("runs/*/*.html")]
    assert len(pages) > 40
    for page in pages:
        assert "../" not in page.read_text("utf-8"), page.name


def test_a_workspace_without_a_run_says_what_to_do(tmp_path: Path) -> None:
    result = call("publish", tmp_path / "reports", "--workspace", tmp_path / "audit")
    assert result.exit_code == 2
    assert "infusion-audit run DATA" in result.stderr


def test_another_run_in_the_workspace_ends_with_5(workspace: Path, tmp_path: Path) -> None:
    with Workspace(workspace).lock():
        assert call("publish", tmp_path / "reports", "--workspace", workspace).exit_code == 5


# ---------------------------------------------------------------- a store


@pytest.fixture
def memory() -> Iterator[Any]:
    store = fsspec.filesystem("memory")
    yield store
    store.rm("/", recursive=True)


def test_a_store_holds_the_same_files_and_a_page_that_leads_to_the_latest(workspace: Path, tmp_path: Path, memory: Any) -> None:
    done = publish(workspace, "memory://quality/reports")
    publish(workspace, str(tmp_path / "reports"))
    there = {
        name.removeprefix(f"/quality/reports/{done.path}/"): memory.cat_file(name) for name in memory.find(f"/quality/reports/{done.path}")
    }
    assert {name: hashlib.sha256(content).hexdigest() for name, content in there.items()} == tree(tmp_path / "reports" / done.path)
    assert json.loads(memory.cat_file("/quality/reports/latest.json"))["path"] == done.path
    assert f"../{done.path}/index.html" in memory.cat_file("/quality/reports/latest/index.html").decode()


def test_a_store_that_fails_half_way_still_leads_to_the_report_before(
    workspace: Path, dispose: Callable[[], None], memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(workspace, "memory://quality")
    dispose()
    written: list[str] = []
    pipe = type(memory).pipe_file

    def breaks(self: Any, path: str, value: bytes, **named: Any) -> Any:
        written.append(path)
        if len(written) > 6:
            raise TimeoutError("the network went away")
        return pipe(self, path, value, **named)

    with monkeypatch.context() as patched:
        patched.setattr(type(memory), "pipe_file", breaks)
        with pytest.raises(
            UserError, match=r"memory://quality cannot be used: TimeoutError: the network went away\nWhat was published before"
        ):
            publish(workspace, "memory://quality")
    assert json.loads(memory.cat_file("/quality/latest.json"))["path"] == first.path
    assert first.path in memory.cat_file("/quality/latest/index.html").decode()
    second = publish(workspace, "memory://quality")
    assert (second.path, second.is_new) == (f"{first.path}-2", True)


def test_the_hashes_and_the_pointer_are_written_last(workspace: Path, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    pipe = type(memory).pipe_file
    monkeypatch.setattr(
        type(memory), "pipe_file", lambda self, path, value, **named: (written.append(path), pipe(self, path, value, **named))[1]
    )
    publish(workspace, "memory://quality")
    assert [name.rsplit("/", 2)[-1] for name in written[-3:]] == ["SHA256SUMS", "index.html", "latest.json"]
    assert written[-1].endswith("quality/latest.json")


def test_what_a_store_needs_is_said_without_the_password_of_its_url(workspace: Path) -> None:
    result = call("publish", "nosuch://user:hunter2@host/reports", "--workspace", workspace)
    assert result.exit_code == 2
    assert "nosuch://host/reports cannot be reached" in result.stderr
    assert "hunter2" not in result.output + result.stderr


def test_an_s3_bucket_is_a_store(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a stand-in on this machine, where it is installed."""
    server = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    standin = server.ThreadedMotoServer(port=0)
    standin.start()
    try:
        host, port = standin.get_host_and_port()
        for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        store = fsspec.filesystem("s3", skip_instance_cache=True)
        store.mkdir("quality")
        first = publish(workspace, "s3://quality/reports")
        assert json.loads(store.cat_file("quality/reports/latest.json"))["path"] == first.path
        assert not publish(workspace, "s3://quality/reports").is_new
        with pytest.raises(UserError, match="s3://missing/reports cannot be used"):
            publish(workspace, "s3://missing/reports")
    finally:
        standin.stop()


# ---------------------------------------------------------------- the command


def test_the_command_says_what_it_did_and_prints_json_alone(workspace: Path, tmp_path: Path) -> None:
    (run,) = Workspace(workspace).manifests()
    result = call("publish", tmp_path / "reports", "--workspace", workspace)
    assert (result.exit_code, result.stdout) == (0, f"Run {run['run_id']} published as runs/{run['run_id']}\n")
    again = call("publish", tmp_path / "reports", "--workspace", workspace, "--json")
    assert json.loads(again.stdout) == json.loads((tmp_path / "reports" / "latest" / "summary.json").read_text("utf-8"))


def test_a_deidentified_copy_lies_under_a_pseudonym(workspace: Path, tmp_path: Path) -> None:
    (run,) = Workspace(workspace).manifests()
    result = call("publish", tmp_path / "reports", "--workspace", workspace, "--deidentify", env={"INFUSION_AUDIT_KEY": KEY})
    assert result.exit_code == 0, result.stderr
    assert run["run_id"] not in result.stdout + str(list((tmp_path / "reports" / "runs").iterdir()))
    assert is_whole(tmp_path / "reports" / "latest")


@pytest.mark.parametrize("key", ["", "   ", "too short"])
def test_no_copy_is_deidentified_without_a_key(workspace: Path, tmp_path: Path, key: str) -> None:
    result = call("publish", tmp_path / "reports", "--workspace", workspace, "--deidentify", env={"INFUSION_AUDIT_KEY": key})
    assert result.exit_code == 2
    assert "openssl rand -hex 32" in result.stderr
    assert not (tmp_path / "reports").exists()
