"""Runs the product as a user does, and reads the verdicts that it published."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

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
    """One call of the installed command."""
    program = Path(sys.executable).parent / "infusion-audit"
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)


@cache
def shipped_protocol() -> str:
    """The text of the shipped protocol."""
    shown = command("protocol", "show", PROTOCOL)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def protocol_file(path: Path, settings: Mapping[str, object] | None = None) -> Path:
    """A site's copy of the shipped protocol with the 24-hour total switched on, and settings changed as a site would."""
    text = shipped_protocol()
    for key, value in {"rules.KD-08.enabled": True, **(settings or {})}.items():
        table, _, name = key.rpartition(".")
        written = f'"{value}"' if isinstance(value, str) else str(value).lower()
        line = re.compile(rf"^(\[{re.escape(table)}\](?: *#.*)?\n(?:(?!\[).*\n)*?{name} *= *)[^ \n]+", re.MULTILINE)
        text, changed = line.subn(lambda found, written=written: found[1] + written, text)
        assert changed == 1, f"the shipped protocol no longer has {key} in the way this helper expects"
    text = re.sub(r'^(version *= *")(.*)"', r'\g<1>\g<2>.900"', text, count=1, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return path


def run(data: list[Path], workspace: Path, protocol: Path) -> list[Published]:
    """Audit the folders and read the verdicts back."""
    done = command("run", *map(str, data), "--workspace", str(workspace), "--protocol", str(protocol), "--no-gate", "--json")
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr}"
    return read_verdicts(workspace / "runs" / json.loads(done.stdout)["run_id"] / "verdicts.parquet")


def read_verdicts(path: Path) -> list[Published]:
    """The verdicts of a run."""
    query = """
        select session_id, patient_id, epoch(session_started_at), rule_id, verdict, grade, observed, observed_low, observed_high,
            reason, detail
        from read_parquet($path)
    """
    with duckdb.connect() as connection:
        return [Published(*row) for row in connection.execute(query, {"path": str(path)}).fetchall()]
