"""An audited sample to hand on: one workspace for all who read it, a copy for each who writes into it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from infusion_audit.cli import main

KEY = "a secret that nobody may ever see, 7b1f"


def call(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env=env)


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask the verdicts of a run or copy."""
    with duckdb.connect() as connection:
        connection.execute(f"create view verdict as select * from read_parquet('{folder / 'verdicts.parquet'}')")
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def audited(audited_sample: Path) -> Path:
    """The workspace of one run over the sample."""
    return audited_sample


@pytest.fixture(scope="session")
def run_folder(audited: Path) -> Path:
    (folder,) = (audited / "runs").glob("[!.]*")
    return folder


@pytest.fixture
def workspace(audited: Path, tmp_path: Path) -> Path:
    """A copy of the workspace, to write into."""
    return shutil.copytree(audited, tmp_path / "audit")


@pytest.fixture
def dispose(workspace: Path, tmp_path: Path) -> Callable[[], None]:
    """Somebody reviews a finding, so that the next report differs."""

    def import_one() -> None:
        (folder,) = (workspace / "runs").glob("[!.]*")
        with (folder / "findings.csv").open(encoding="utf-8", newline="") as rows:
            # a critical one needs a second reviewer
            key = next(row["finding_key"] for row in csv.DictReader(rows) if row["severity"] == "major")
        file = tmp_path / "reviewed.csv"
        file.write_text(f"finding_key,disposition,reason,reviewer\n{key},unjustified,no order,A. Smith\n", "utf-8")
        assert call("review", "import", file, "--workspace", workspace).exit_code == 0

    return import_one
