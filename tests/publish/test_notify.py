"""Notification: the counts reach a command or a webhook, and a failure is told without undoing anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.notify import notify

from ..conftest import SAMPLE
from .conftest import call

SUMMARY = {"run_id": "r", "findings": 9}


@dataclass
class Hook:
    """A webhook on loopback that answers as it is told."""

    answers: list[int] = field(default_factory=list[int])
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    url: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((self.headers["Content-Type"], json.loads(body)))
            code = found.answers.pop(0) if found.answers else 204
            self.send_response(code)
            if code == 307:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/hooks/secret-token"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_the_summary_as_json(hook: Hook) -> None:
    assert notify([hook.url], SUMMARY) == []
    assert hook.got == [("application/json", SUMMARY)]


def test_a_webhook_that_is_busy_is_asked_again(hook: Hook) -> None:
    hook.answers = [503, 429]
    assert notify([hook.url], SUMMARY, pause_s=0) == []
    assert len(hook.got) == 3


@pytest.mark.parametrize(
    ("answers", "asked", "says"), [([500] * 9, 3, "answered 500"), ([404], 1, "answered 404"), ([307] * 9, 1, "answered 307")]
)
def test_a_webhook_that_refuses_is_named_by_its_host_alone(hook: Hook, answers: list[int], asked: int, says: str) -> None:
    hook.answers = answers
    (problem,) = notify([hook.url], SUMMARY, pause_s=0)
    assert problem == f"webhook at 127.0.0.1 was not told: {says}"
    assert len(hook.got) == asked


def test_nobody_there_ends_in_a_problem() -> None:
    (problem,) = notify(["http://127.0.0.1:9/x"], SUMMARY, pause_s=0)
    assert problem == "webhook at 127.0.0.1 was not told: ConnectionRefusedError"
    (problem,) = notify(["http://[broken"], SUMMARY, pause_s=0)
    assert problem.startswith("webhook at an unreadable URL was not told")


def test_a_command_gets_the_summary_on_its_standard_input(tmp_path: Path) -> None:
    assert notify([f"tee '{tmp_path / 'a file'}'"], SUMMARY) == []
    assert json.loads((tmp_path / "a file").read_text("utf-8")) == SUMMARY


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "ended with exit code 1"),
        ("no-such-command-anywhere", "cannot be run: No such file or directory"),
        ("echo 'open", "cannot be run: No closing quotation"),
        ("", "cannot be run"),
        ("true; touch injected", "cannot be run"),
    ],
)
def test_a_command_that_fails_is_told_and_no_shell_reads_it(
    command: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = notify([command], SUMMARY)
    assert says in problem
    assert not (tmp_path / "injected").exists()


def test_a_failed_notification_unpublishes_nothing(workspace: Path, tmp_path: Path) -> None:
    result = call("publish", tmp_path / "reports", "--workspace", workspace, "--notify", "false", "--notify", f"tee {tmp_path / 'told'}")
    assert result.exit_code == 0
    assert "notification command ended with exit code 1" in result.stderr
    assert (tmp_path / "reports" / "latest" / "index.html").exists()
    assert json.loads((tmp_path / "told").read_text("utf-8"))["findings"] == 14


def test_a_quiet_run_prints_one_line_and_tells_its_summary(tmp_path: Path) -> None:
    result = call("run", SAMPLE, "--workspace", tmp_path / "audit", "--quiet", "--notify", f"tee {tmp_path / 'told'}")
    assert result.exit_code == 0, result.stderr
    (line,) = result.stdout.splitlines()
    told = json.loads((tmp_path / "told").read_text("utf-8"))
    assert line.startswith(f"{told['run_id']}: 120 sessions, 14 findings, ")
    assert told["report"] in line


def test_a_run_that_the_gate_stopped_is_told_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = "".join(f"A{n},P{n},bolus,soon,10,mg\n" for n in range(400))
    (data / "administration.csv").write_text(f"administration_id,patient_id,event,started_at,dose,dose_unit\n{rows}", "utf-8")
    result = call("run", data, "--workspace", tmp_path / "audit", "--quiet", "--notify", f"tee {tmp_path / 'told'}")
    assert (result.exit_code, result.stdout) == (3, "")
    assert json.loads((tmp_path / "told").read_text("utf-8"))["findings"] is None
