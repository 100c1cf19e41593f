"""The examples of docs/scheduling.md run as they stand there, with the paths of this test."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from ..conftest import SAMPLE

PAGE = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text("utf-8")
INSTALLED = "/usr/local/bin/audit-last-month.sh"


def block(kind: str, begins: str) -> str:
    (found,) = [each for each in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if each.startswith(begins)]
    return found


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "audit-last-month.sh"
    file.write_text(block("sh", "#!/bin/sh"), "utf-8")
    file.chmod(0o755)
    return file


def environment(tmp_path: Path, extract: Path = SAMPLE) -> dict[str, str]:
    bin_folder = Path(sys.executable).parent
    paths = {"EXTRACT": str(extract), "WORKSPACE": str(tmp_path / "audit"), "REPORTS": str(tmp_path / "reports")}
    return os.environ | paths | {"PATH": f"{bin_folder}:{os.environ['PATH']}"}


def test_the_script_audits_publishes_and_prints_one_line(script: Path, tmp_path: Path) -> None:
    done = subprocess.run([str(script)], env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 4), done.stderr
    assert len(done.stdout.splitlines()) == 2  # the run, and where it was published
    assert (tmp_path / "reports" / "latest" / "index.html").exists()


def test_the_script_publishes_nothing_when_it_could_not_run(script: Path, tmp_path: Path) -> None:
    done = subprocess.run([str(script)], env=environment(tmp_path, tmp_path / "nowhere"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_the_cron_line_has_five_fields_and_a_command_that_runs(script: Path, tmp_path: Path) -> None:
    *times, command = block("cron", "").strip().split(" ", 5)
    ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    assert all(field == "*" or low <= int(field) <= high for field, (low, high) in zip(times, ranges, strict=True))
    command = command.replace(INSTALLED, str(script)).replace("/srv/reports", str(tmp_path / "reports"))
    assert subprocess.run(["/bin/sh", "-c", command], env=environment(tmp_path), check=False, capture_output=True).returncode in (0, 4)
    assert (tmp_path / "reports" / "latest" / "index.html").exists()


def test_the_systemd_unit_starts_the_script_and_takes_findings_for_success(script: Path, tmp_path: Path) -> None:
    service = configparser.ConfigParser(strict=False, interpolation=None)
    service.optionxform = str  # type: ignore[assignment]
    service.read_string(block("ini", "# /etc/systemd/system/infusion-audit.service"))
    started = subprocess.run(
        [service["Service"]["ExecStart"].replace(INSTALLED, str(script))], env=environment(tmp_path), check=False, capture_output=True
    )
    assert started.returncode in (0, int(service["Service"]["SuccessExitStatus"]))
    timer = configparser.ConfigParser(interpolation=None)
    timer.read_string(block("ini", "# /etc/systemd/system/infusion-audit.timer"))
    assert re.fullmatch(r"\*-\*-\d\d \d\d:\d\d:\d\d", timer["Timer"]["OnCalendar"])


def test_the_workflow_runs_the_script(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[dict[str, Any]] = []

    class Dag:
        def __init__(self, **_: Any) -> None: ...
        def __enter__(self) -> None: ...
        def __exit__(self, *_: Any) -> None: ...

    for name, content in {
        "airflow": {"DAG": Dag},
        "airflow.operators": {},
        "airflow.operators.bash": {"BashOperator": lambda **task: tasks.append(task)},
        "pendulum": {"datetime": lambda *_, **__: None},
    }.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(block("python", "from datetime"), "dag.py", "exec"), {})
    (task,) = tasks
    command = task["bash_command"].replace(INSTALLED, str(script))
    assert set(task["env"]) <= set(environment(tmp_path))
    assert subprocess.run(["bash", "-c", command], env=environment(tmp_path), check=False, capture_output=True).returncode == 0
    assert (tmp_path / "reports" / "latest" / "index.html").exists()
    assert subprocess.run(["bash", "-c", command], env=environment(tmp_path, tmp_path / "no"), check=False, capture_output=True).returncode


def test_the_notifications_shown_are_understood() -> None:
    from infusion_audit.cli_publish import publish

    lines = [line for line in block("sh", "infusion-audit publish /srv/reports --notify").splitlines() if line]
    assert len(lines) == 2
    for line in lines:
        import shlex

        context = publish.make_context("publish", shlex.split(line)[2:])
        assert context.params["notify"]
