"""Runs the product, as its commands or by its parts, and reads its verdicts."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from click.testing import CliRunner

from infusion_audit import engine
from infusion_audit.cli import main
from infusion_audit.judge import judge
from infusion_audit.load import load
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.staging import quoted_path
from infusion_audit.workspace import Workspace

from ..reference.engine import RULES

PROTOCOL = "ketamine-chronic-pain"


@dataclass(frozen=True)
class Published:
    """One row of verdicts.parquet."""

    session_id: str
    patient_id: str
    started: float
    rule_id: str
    verdict: str
    grade: str | None
    observed: float | None
    observed_low: float | None
    observed_high: float | None
    reason: str | None
    detail: str | None

    @property
    def outcome(self) -> tuple[object, ...]:
        """What a change that means nothing must not change."""
        return (self.verdict, self.grade, self.observed, self.observed_low, self.observed_high)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of the command, in this process: to start a Python for each would take longer than most of them."""
    done = CliRunner().invoke(main, arguments)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@cache
def shipped_protocol() -> str:
    """The text of the shipped protocol."""
    shown = command("protocol", "show", PROTOCOL)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def own_policy(text: str, table: str) -> str:
    """A protocol text in which one entry quotes nobody, as that of a site with a limit of its own."""
    entry = re.search(rf"^\[{re.escape(table)}\].*\n(?:(?!\[).*\n)*", text, re.MULTILINE)
    assert entry, table
    lines = re.sub(r"^(quote|also|seed_line) = .*\n", "", entry[0], flags=re.MULTILINE).replace('source = "seed"', 'source = "site_policy"')
    return text[: entry.start()] + lines + text[entry.end() :]


def protocol_file(path: Path, settings: Mapping[str, Any] | None = None) -> Path:
    """A site's copy of the shipped protocol with the settings changed, and every rule on that the reference engine judges."""
    text = shipped_protocol()
    for key, value in {**{f"rules.{rule}.enabled": True for rule in RULES}, **(settings or {})}.items():
        table, name = key.rsplit(".", 1)
        entry = re.compile(rf"^(\[{re.escape(table)}\].*\n(?:(?!\[).*\n)*?{name} *= *)(\"[^\"]*\"|\[[^\]]*\]|[^\s#]+)", re.MULTILINE)
        written = toml(value).replace("\\", r"\\")
        text, changed = entry.subn(rf"\g<1>{written}", text, count=1)
        assert changed == 1, f"the shipped protocol no longer has {key} in the way this helper expects"
        if name.startswith("limit"):
            text = own_policy(text, table)
    text = re.sub(r'^(version *= *")(.*)"', r'\g<1>\g<2>.900"', text, count=1, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return path


def toml(value: Any) -> str:
    """A setting as a protocol file writes it."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value)
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in pairs.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, cast("list[Any]", value))) + "]"
    return json.dumps(value)


def run(data: list[Path], workspace: Path, protocol: Path) -> list[Published]:
    """Load the folders and judge them: what a run does before it writes anything."""
    workspace.mkdir(parents=True, exist_ok=True)
    with engine.connect(Workspace(workspace).warehouse) as connection:
        load(connection, data)
        return judged(connection, protocol)


def judged(connection: engine.Connection, protocol: Path) -> list[Published]:
    """The verdicts on what is loaded."""
    judge(connection, load_protocol(str(protocol)), Rulebook.load(), parse_period("all", date.today()), "run")
    return _published(connection, "verdict")


def read_verdicts(path: Path) -> list[Published]:
    """The verdicts of a run."""
    with engine.connect() as connection:
        return _published(connection, f"read_parquet({quoted_path(path)})")


def _published(connection: engine.Connection, verdicts: str) -> list[Published]:
    query = """
        select session_id, patient_id, epoch(session_started_at), rule_id, verdict, grade, observed, observed_low, observed_high,
            reason, detail
        from
    """
    return [Published(*row) for row in connection.execute(f"{query} {verdicts}").fetchall()]
