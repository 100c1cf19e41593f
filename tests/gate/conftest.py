"""A synthetic warehouse in memory, and one long-lived worker so that a hundred judgements import the library once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infusion_audit import engine
from infusion_audit.engine import Connection
from infusion_audit.gate import GateResult, GateSetting, judged, request_for
from infusion_audit.gate_profile import take_profile
from infusion_audit.protocol import load_protocol

TABLES, CLINIC = (Path(__file__).parent / "clinic.sql").read_text(encoding="utf-8").split("-- CLINIC")
LOOP = """
import json, sys
from infusion_audit import gate_worker
answers = gate_worker._claim_stdout()
validate = gate_worker._load_library()
for line in sys.stdin:
    print(json.dumps(validate(json.loads(line))), file=answers, flush=True)
"""

Judge = Callable[..., GateResult]


@pytest.fixture
def now() -> datetime:
    """The day after the clinic's extract was taken."""
    return datetime(2026, 9, 2, 12, tzinfo=UTC)


@pytest.fixture
def setting() -> GateSetting:
    """What the shipped protocol says."""
    return GateSetting.of(load_protocol("ketamine-chronic-pain"))


@pytest.fixture
def empty() -> Iterator[Connection]:
    """A warehouse with its tables and nothing in them."""
    connection = engine.connect()
    connection.execute(TABLES)
    yield connection
    connection.close()


@pytest.fixture
def clinic(empty: Connection) -> Connection:
    """A warehouse in which every table is fine."""
    empty.execute(CLINIC)
    return empty


@pytest.fixture(scope="session")
def validator() -> Iterator[subprocess.Popen[str]]:
    """The worker's own validation, kept running for all tests."""
    command = [sys.executable, "-W", "ignore", "-c", LOOP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def judge(validator: subprocess.Popen[str], setting: GateSetting, now: datetime) -> Judge:
    """What the gate says of a warehouse."""

    def run(connection: Connection, changed: GateSetting | None = None, *, only: str | None = None) -> GateResult:
        profile = take_profile(connection, changed or setting, now=now)
        if only is not None:
            profile = replace(profile, checks=[check for check in profile.checks if check.name == only])
        assert validator.stdin is not None
        assert validator.stdout is not None
        print(json.dumps(request_for(profile)), file=validator.stdin, flush=True)
        return judged(profile, json.loads(validator.stdout.readline()))

    return run
