"""The gate's own process: it answers, it dies without doing harm, and it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from infusion_audit import gate as gate_module
from infusion_audit.engine import Connection
from infusion_audit.gate import Gate, GateSetting, GateWorkerError


def process(gate: Gate) -> subprocess.Popen[str]:
    worker = gate._worker
    assert worker is not None
    return worker


def test_the_gate_answers_from_its_own_process(
    clinic: Connection, setting: GateSetting, now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    clinic.execute("update administration set patient_id = 'nobody' where rowid < 1200")
    with Gate() as gate:
        worker = process(gate)
        result = gate.evaluate(clinic, setting, now=now)
    assert result.status == "failed"
    assert result.failed[0] == "unknown_patient_critical"
    assert worker.returncode == 0
    assert capfd.readouterr() == ("", "")
    assert "great_expectations" not in sys.modules


def test_nothing_is_written_to_the_home_or_the_current_folder(
    clinic: Connection, setting: GateSetting, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here, temporary = tmp_path / "home", tmp_path / "here", tmp_path / "tmp"
    for folder in (home, here, temporary):
        folder.mkdir()
    (here / "pandas.py").write_text("raise SystemExit('the wrong pandas')")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("GX_HOME", str(home / "gx"))
    monkeypatch.setenv("GX_CLOUD_ACCESS_TOKEN", "not-a-token")
    monkeypatch.setenv("GX_CLOUD_ORGANIZATION_ID", "not-an-organisation")
    with Gate() as gate:
        assert gate.evaluate(clinic, setting, now=now).status == "passed"
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["pandas.py"]


def test_a_worker_that_died_is_an_error_and_never_a_pass(clinic: Connection, setting: GateSetting) -> None:
    with Gate() as gate:
        process(gate).kill()
        process(gate).wait()
        with pytest.raises(GateWorkerError, match="ended with code -9"):
            gate.evaluate(clinic, setting)


def test_a_worker_that_cannot_import_says_why(
    clinic: Connection, setting: GateSetting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "great_expectations.py").write_text("raise ImportError('broken installation')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with Gate() as gate, pytest.raises(GateWorkerError, match="broken installation"):
        gate.evaluate(clinic, setting)


def test_a_worker_that_hangs_is_given_up(clinic: Connection, setting: GateSetting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "_PATIENCE_S", 0.01)
    with Gate() as gate:
        worker = process(gate)
        with pytest.raises(GateWorkerError, match="no answer within"):
            gate.evaluate(clinic, setting)
    assert worker.returncode is not None


@pytest.mark.parametrize("answer", ["", "not json", "[]", '[{"column": "unknown_patient", "success": true, "evaluated": 0}]'])
def test_an_incomplete_answer_is_an_error_and_never_a_pass(
    clinic: Connection, setting: GateSetting, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    script = f"import sys; sys.stdin.read(); print('''{answer}''')"
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _, **options: start([sys.executable, "-c", script], **options))
    with Gate() as gate, pytest.raises(GateWorkerError):
        gate.evaluate(clinic, setting)


def test_a_run_that_fails_before_the_gate_leaves_no_process() -> None:
    gate = Gate().start()
    worker = process(gate)

    def run() -> None:
        with gate:
            raise RuntimeError("the load failed")

    with pytest.raises(RuntimeError, match="the load failed"):
        run()
    assert worker.returncode is not None
    gate.close()


def test_a_worker_whose_run_is_gone_ends_by_itself() -> None:
    done = subprocess.run([sys.executable, "-m", "infusion_audit.gate_worker"], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_gate_that_was_not_started_does_not_judge(clinic: Connection, setting: GateSetting) -> None:
    with pytest.raises(GateWorkerError, match="not started"):
        Gate().evaluate(clinic, setting)
    with Gate() as gate, pytest.raises(GateWorkerError, match="nothing was submitted"):
        gate.result()
