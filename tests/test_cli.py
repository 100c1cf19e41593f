"""The command line: options reach the right function, results are printed, errors become one line and an exit code."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from infusion_audit import __version__
from infusion_audit.cli import main
from infusion_audit.errors import GateFailed, UserError, WorkspaceBusy
from infusion_audit.outputs import CASE_SHEETS
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook

MANIFEST: dict[str, Any] = {
    "run_id": "20261001T000000Z-abcdef",
    "exit_code": 0,
    "period": "2026-Q3",
    "protocol": {"id": "ketamine-chronic-pain", "version": "1.0"},
    "sessions": 1234,
    "verdicts": {"KD-01": {"compliant": 1000, "violation": 34, "not_evaluable": 100, "not_applicable": 100}},
    "inputs": [{"table": "administration", "received": 2000, "loaded": 1990, "quarantined": 7, "duplicates": 3}],
    "gate": {"status": "warned", "failed": ["volume"]},
    "report": "runs/20261001T000000Z-abcdef/index.html",
}


class Recorder(types.ModuleType):
    """Stands in for the pipeline: remembers how it was called, and answers or raises as told."""

    def __init__(self) -> None:
        super().__init__("infusion_audit.run")
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.answer: dict[str, Any] | BaseException = MANIFEST
        for name in ("audit", "load_only", "check", "render_again", "render_outside", "explain"):
            setattr(self, name, self.called)

    def called(self, *positional: Any, **named: Any) -> dict[str, Any]:
        self.calls.append((positional, named))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, "infusion_audit.run", recorder)
    monkeypatch.setattr("infusion_audit.run", recorder, raising=False)
    return recorder


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


# ---------------------------------------------------------------- run


def test_run_passes_every_option_on(cli: Callable[..., Result], pipeline: Recorder):
    options = "--workspace w --source clif --period 2026-Q3 --protocol p.toml --protocol q.toml --fail-on major --no-gate --case-sheets 7"
    assert cli("run", "data", *options.split()).exit_code == 0
    ((positional, named),) = pipeline.calls
    progress = named.pop("progress")
    assert positional == ([Path("data")], Path("w"))
    expected = {"source": "clif", "period": "2026-Q3", "protocol": "p.toml", "alongside": "q.toml", "fail_on": "major", "gate": False}
    assert named == expected | {"case_sheets": 7}
    assert progress("stage") is None


def test_run_has_the_defaults_of_the_manual(cli: Callable[..., Result], pipeline: Recorder):
    cli("run", "data")
    ((positional, named),) = pipeline.calls
    assert positional == ([Path("data")], Path("audit"))
    named.pop("progress")
    seed = "ketamine-chronic-pain"
    expected = {"source": "canonical", "period": "all", "protocol": seed, "alongside": None, "fail_on": None, "gate": True}
    assert named == expected | {"case_sheets": CASE_SHEETS}


def test_the_summary_tells_sessions_verdicts_rows_gate_and_report(cli: Callable[..., Result], pipeline: Recorder):
    result = cli("run", "data")
    assert pipeline.calls
    text = " ".join(result.stdout.split())
    assert "1,234 sessions, period 2026-Q3, protocol ketamine-chronic-pain 1.0" in text
    assert "KD-01 1,000 34 100 100 " in text
    assert "2,000 received = 1,990 loaded + 7 kept out + 3 duplicates (kept out: administration 7)" in text
    assert "warned: volume" in text
    assert "audit/runs/20261001T000000Z-abcdef/index.html" in text
    assert result.stderr == ""


def test_json_prints_the_manifest_and_nothing_else(cli: Callable[..., Result], pipeline: Recorder):
    result = cli("run", "data", "--json")
    assert pipeline.calls
    assert json.loads(result.stdout) == MANIFEST


def test_findings_at_the_chosen_severity_exit_with_4(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = MANIFEST | {"exit_code": 4}
    result = cli("run", "data", "--fail-on", "major", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["exit_code"] == 4
    assert "--fail-on major" in result.stderr


def test_a_failed_gate_gives_its_reasons_and_the_manifest(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = GateFailed("the data-quality gate failed\n  half of July is missing", hint="Mend the extract.")
    pipeline.answer.manifest = MANIFEST | {"exit_code": 3, "report": None}
    result = cli("run", "data", "--json")
    assert result.exit_code == 3
    assert "half of July is missing" in result.stderr
    assert json.loads(result.stdout)["exit_code"] == 3


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UserError("data/x.csv: no column", hint="Add it."), 2, "infusion-audit: data/x.csv: no column\nAdd it.\n"),
        (WorkspaceBusy("in use by process 1"), 5, "infusion-audit: in use by process 1\n"),
        (KeyboardInterrupt(), 130, "infusion-audit: interrupted\n"),
        (OSError(errno.EFBIG, "File too large", "audit/x"), 2, "infusion-audit: File too large: audit/x\n"),
        (OSError(errno.ENOSPC, "No space left on device", "audit/x"), 2, "infusion-audit: No space left on device: audit/x\n"),
        (RuntimeError("Query interrupted"), 130, "infusion-audit: interrupted\n"),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), 130, "infusion-audit: interrupted\n"),
        (
            duckdb.TransactionException('Failed to commit: Could not write file "w.wal": No space left on device'),
            2,
            "infusion-audit: a file cannot be written or read: No space left on device\n"
            "Mend that and run again; reports already published stay as they are.\n",
        ),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block"),
            2,
            "infusion-audit: the memory is used up\nLet other programs end, or audit on a machine with more memory.\n",
        ),
    ],
)
def test_an_error_is_one_message_and_its_exit_code(
    cli: Callable[..., Result], pipeline: Recorder, error: BaseException, code: int, says: str
):
    pipeline.answer = error
    result = cli("run", "data")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", says)


def test_a_bug_is_one_line_without_traceback_or_values(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = ValueError("could not convert 'Jane Doe'")
    result = cli("run", "data")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "please report" in result.stderr
    assert "Jane" not in result.stderr


def test_a_bug_shows_everything_when_asked(cli: Callable[..., Result], pipeline: Recorder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INFUSION_AUDIT_DEBUG", "1")
    pipeline.answer = ValueError("details")
    assert isinstance(cli("run", "data").exception, ValueError)


@pytest.mark.parametrize("typed", ["KD-01", "kd-01", "kd01", "KD-1", "kd 1"])
def test_a_rule_is_found_however_its_id_is_typed(cli: Callable[..., Result], typed: str):
    assert cli("rules", "show", typed).stdout.startswith("KD-01  ")


def test_a_reader_who_has_seen_enough_is_no_internal_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", "infusion_audit", "rules", "list"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], "Missing argument 'DATA...'"),
        (["run", "nowhere"], "'nowhere' does not exist"),
        (["run", "data", "--fail-on", "mayor"], "'mayor' is not one of"),
        (["run", "data", "--perod", "all"], "Did you mean '--period'"),
        (["rum", "data"], 'did you mean "run"?'),
        (["rules", "lst"], 'did you mean "list"?'),
        (["rules", "show", "KDD-01"], 'did you mean "KD-01"?'),
        (["schema", "administraton"], 'did you mean "administration"?'),
        (["protocol", "show", "ketamine"], "ketamine-chronic-pain"),
        (["sample", "data/..", "--sessions", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_would_be_right(
    cli: Callable[..., Result], pipeline: Recorder, arguments: list[str], says: str
):
    result = cli(*arguments)
    assert (result.exit_code, result.stdout, pipeline.calls) == (2, "", [])
    assert says.lower() in result.stderr.lower()


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whoever_stops_it_a_run_ends_with_130_and_leaves_no_file_behind(tmp_path: Path, how: str):
    # a background job of a script begins with Ctrl-C or the end of its terminal ignored; a program of somebody at a terminal does not
    script = "import signal, sys, tempfile, time, types; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script += "for each in (signal.SIGTERM, signal.SIGHUP): signal.signal(each, signal.SIG_DFL)\n"
    script += "m = types.ModuleType('infusion_audit.run'); sys.modules['infusion_audit.run'] = m\n"
    script += "def audit(*a, **k):\n"
    script += "    with tempfile.TemporaryDirectory(): print('go', flush=True); time.sleep(60)\n"
    script += "m.audit = audit\n"
    script += "from infusion_audit.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "run", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert process.stdout
    assert process.stdout.readline() == "go\n"
    assert len(list(tmp_path.iterdir())) == 1
    os.kill(process.pid, getattr(signal, how))
    _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (130, "infusion-audit: interrupted\n")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the other commands


def test_load_prints_what_became_of_every_row(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = {"inputs": [*MANIFEST["inputs"], *MANIFEST["inputs"]]}
    assert "administration 4,000 3,980 14 6" in " ".join(cli("load", "data").stdout.split())
    assert pipeline.calls[0][0][:3] == ([Path("data")], Path("audit"), "canonical")


def test_check_judges_without_a_report(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = MANIFEST | {"report": None, "gate": {"status": "skipped", "failed": []}}
    result = cli("check", "--period", "2026-10")
    assert pipeline.calls[0][0][:3] == (Path("audit"), "2026-10", "ketamine-chronic-pain")
    assert "Report" not in result.stdout


def test_report_renders_a_run_again(cli: Callable[..., Result], pipeline: Recorder):
    assert "index.html" in cli("report", "2026").stdout
    cli("report", "--case-sheets", "0")
    assert pipeline.calls == [((Path("audit"), "2026", None), {}), ((Path("audit"), None, 0), {})]


def test_an_external_report_is_made_beside_the_internal_one(cli: Callable[..., Result], pipeline: Recorder):
    cli("report", "2026", "--audience", "external")
    cli("run", "data", "--audience", "external", "--small-numbers", "round")
    assert pipeline.calls[0] == ((Path("audit"), "2026", "hide"), {})
    assert pipeline.calls[2] == ((Path("audit"), MANIFEST["run_id"], "round"), {})


def test_explain_prints_the_verdict_and_its_rows(cli: Callable[..., Result], pipeline: Recorder):
    pipeline.answer = {
        "verdict": {"verdict": "violation", "observed": 0.412345678, "grade": None, "flags": ["weight_after_start"]},
        "bolus": [
            {"row_id": "a1", "file": "administration.csv", "line": 1001, "mg": 30},
            {"row_id": "a2", "file": "administration.csv", "line": 7},
        ],
        "infusion": [],
    }
    text = cli("rules", "explain", "kd-01", "s1").stdout
    assert pipeline.calls[0][0] == (Path("audit"), "KD-01", "s1")
    assert re.search(r"observed +0\.412346\n", text)
    assert "weight_after_start" in text
    assert re.search(r"a1 +administration\.csv", text)
    assert "grade" not in text


def test_rules_list_shows_every_rule_of_the_protocol(cli: Callable[..., Result]):
    lines = cli("rules", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted(load_protocol("ketamine-chronic-pain").rules)
    judged = {line.split()[0] for line in lines if " yes " in line}
    assert judged == set(Rulebook.load().rules)


@pytest.mark.parametrize("rule", sorted(load_protocol("ketamine-chronic-pain").rules))
def test_rules_show_says_where_the_limit_comes_from(cli: Callable[..., Result], rule: str):
    result = cli("rules", "show", rule.lower())
    entry = load_protocol("ketamine-chronic-pain").rules[rule]
    assert result.exit_code == 0
    assert entry.sentence in " ".join(result.stdout.split())
    assert entry.source in result.stdout
    assert ("Not judged in this release" in result.stdout) == (rule not in Rulebook.load())


def test_rules_show_prints_the_file_that_runs(cli: Callable[..., Result]):
    for rule in Rulebook.load():
        assert cli("rules", "show", rule.rule_id, "--sql").stdout == rule.path.read_text("utf-8")


def test_protocol_show_prints_a_file_that_loads_to_the_same_protocol(cli: Callable[..., Result], tmp_path: Path):
    (tmp_path / "mine.toml").write_bytes(cli("protocol", "show", "ketamine-chronic-pain").stdout_bytes)
    assert load_protocol(str(tmp_path / "mine.toml")).sha256 == load_protocol("ketamine-chronic-pain").sha256


def test_protocol_list_says_how_far_a_protocol_may_be_trusted(cli: Callable[..., Result]):
    assert "not a guideline" in cli("protocol", "list").stdout


def test_schema_prints_tables_and_columns(cli: Callable[..., Result]):
    assert "administration (required)" in cli("schema").stdout
    text = cli("schema", "Administration").stdout
    assert re.search(r"^administration_id\*", text, re.MULTILINE)
    assert "pca_demand" in text


def test_sample_refuses_a_folder_that_holds_something(cli: Callable[..., Result], tmp_path: Path):
    (tmp_path / "data" / "precious").touch()
    result = cli("sample", "data")
    assert (result.exit_code, result.stderr.startswith("infusion-audit: data is not empty")) == (2, True)


def test_version_and_help(cli: Callable[..., Result]):
    assert cli("-V").stdout.strip().endswith(__version__)
    for flag in ("-h", "--help"):
        assert "Exit codes" in cli(flag).stdout


def test_help_waits_for_no_library():
    """What takes long to import is imported where it runs."""
    heavy = {"duckdb", "pydantic", "jinja2", "pandas", "pandera", "great_expectations", "lets_plot"}
    code = "import sys\nfrom infusion_audit.cli import main\nmain(['--help'], standalone_mode=False)\n"
    code += f"print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[-1] == "[]"
