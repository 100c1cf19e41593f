"""Verdicts of one clinic, however its tables were read."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from ..support.product import command

NOT_IN_OMOP = ("KR-01", "KR-02")
"""The rules about stock, for which the model has no table."""

Told = dict[tuple[str, str, str], tuple[object, ...]]


def everything_on(folder: Path) -> Path:
    """The shipped protocol with every rule on."""
    text = command("protocol", "show", "ketamine-chronic-pain").stdout
    text = re.sub(r"enabled *= *false", "enabled = true", text)
    text = re.sub(r'^(version *= *")(.*)"', r'\1\2.900"', text, count=1, flags=re.MULTILINE)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "everything.toml"
    path.write_text(text, encoding="utf-8")
    return path


def told(extract: Path, workspace: Path) -> Told:
    """What the canonical tables give."""
    return told_by(str(extract), workspace=workspace, source="canonical")


def told_by(*data: str, workspace: Path, source: str = "omop-5.4") -> Told:
    """What an extract of the sample clinic gives, by the number of the patient."""
    protocol = everything_on(workspace)
    done = command(
        "run", *data, "--source", source, "--workspace", str(workspace), "--no-gate", "--case-sheets", "0", "--protocol", str(protocol)
    )
    assert done.returncode == 0, done.stderr
    (file,) = workspace.glob("runs/*/verdicts.parquet")
    rows = duckdb.sql(
        f"""select patient_id, session_started_at::varchar, rule_id, verdict, grade, observed, observed_low, observed_high, reason, flags
        from '{file}' where rule_id not in {NOT_IN_OMOP}"""
    ).fetchall()
    return {(str(int(patient.lstrip("P")) % 10_000_000), start, rule): tuple(rest) for patient, start, rule, *rest in rows}
