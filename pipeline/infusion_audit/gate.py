"""The data-quality gate: can this batch be trusted enough to publish a report from it?

DuckDB computes a small profile of the warehouse, and Great Expectations judges it: every check is one expectation over
one column of the profile. Rows are judged elsewhere (the input contract), and so is care (the rules).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Literal, Self

from infusion_audit.engine import Connection
from infusion_audit.gate_profile import Check, GateSetting, Profile, take_profile
from infusion_audit.gate_words import expected_text, observed_text, skipped_text

__all__ = ["Gate", "GateResult", "GateSetting", "GateWorkerError"]

_PATIENCE_S = 300  # far beyond a cold first import; only a worker that hangs needs longer


class GateWorkerError(RuntimeError):
    """The gate's own process gave no usable answer: an internal error, never a silent pass."""


@dataclass(frozen=True)
class GateResult:
    """What the gate found; ``checks`` are rows of ``gate_check``, those that failed first."""

    status: Literal["passed", "warned", "failed"]
    checks: list[dict[str, str]]

    @property
    def failed(self) -> list[str]:
        """The names of the checks that failed, critical ones first."""
        return [check["check_name"] for check in self.checks if check["status"] == "failed"]

    @property
    def reasons(self) -> list[str]:
        """A line for each critical check that failed: why nothing may be published."""
        return [
            f"{check['check_name']}: {check['observed']}, expected {check['expected']}. {check['detail']}"
            for check in self.checks
            if check["status"] == "failed" and check["severity"] == "critical"
        ]


@dataclass
class Gate:
    """The gate and its worker process, which is started early because importing its library takes longer than the load."""

    _worker: subprocess.Popen[str] | None = field(default=None, init=False)
    _stderr: IO[str] | None = field(default=None, init=False)
    _profile: Profile | None = field(default=None, init=False)

    def start(self) -> Self:
        """Start the worker; it imports its library on another core while the run goes on."""
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed in close)
        self._worker = subprocess.Popen(
            # -P: a file called pandas.py in the user's folder is not our library.
            [sys.executable, "-P", "-W", "ignore", "-m", "infusion_audit.gate_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(),
            encoding="utf-8",
        )
        return self

    def evaluate(self, connection: Connection, setting: GateSetting, *, now: datetime | None = None) -> GateResult:
        """Judge what is loaded and wait for the result."""
        self.submit(connection, setting, now=now)
        return self.result()

    def submit(self, connection: Connection, setting: GateSetting, *, now: datetime | None = None) -> None:
        """Compute the profile and hand it to the worker, without waiting: other work can go on before ``result``."""
        self._profile = profile = take_profile(connection, setting, now=now)
        worker = self._running()
        stdin, worker.stdin = worker.stdin, None
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError), stdin:  # a worker that is gone is reported with its reason in result()
            json.dump(request_for(profile), stdin)

    def result(self) -> GateResult:
        """Wait for the worker and put its results into words."""
        if self._profile is None:
            raise GateWorkerError("nothing was submitted to the data-quality gate")
        return judged(self._profile, self._answer())

    def close(self) -> None:
        """Leave no process behind, whatever happened; safe to call twice."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            with contextlib.suppress(OSError):  # what was not yet sent to a worker that is gone
                worker.__exit__(None, None, None)
        if self._stderr is not None:
            self._stderr.close()

    def __enter__(self) -> Self:
        return self if self._worker is not None else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._worker is None:
            raise GateWorkerError("the data-quality gate was not started")
        return self._worker

    def _answer(self) -> list[dict[str, Any]]:
        """What the worker says; anything but a complete answer is an error."""
        worker = self._running()
        try:
            output, _ = worker.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise GateWorkerError(f"the data-quality gate gave no answer within {_PATIENCE_S} s") from error
        try:
            if worker.returncode == 0:
                return json.loads(output)
        except ValueError:
            pass
        raise GateWorkerError(f"the data-quality gate's process ended with code {worker.returncode} and no answer ({self._last_words()})")

    def _last_words(self) -> str:
        assert self._stderr is not None
        self._stderr.seek(0)
        return (self._stderr.read().strip().splitlines() or ["no message"])[-1]


def _environment() -> dict[str, str]:
    """The worker's environment: analytics and cloud of the library off, one thread, the rest as it is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GX_", "GE_"))}
    return kept | {"GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def request_for(profile: Profile) -> dict[str, Any]:
    """The profile's columns and the arguments of one ExpectColumnValuesToBeBetween for each."""
    sent = [check for check in profile.checks if profile.usable[check.name]]
    return {
        "columns": {check.name: {row.subject: row.observed for row in profile.usable[check.name]} for check in sent},
        "expectations": [
            {
                "column": check.name,
                "min_value": check.at_least,
                "max_value": check.at_most,
                "severity": check.severity,
                "meta": {"family": check.family, "means": check.means},
            }
            for check in sent
        ],
    }


def judged(profile: Profile, answers: list[dict[str, Any]]) -> GateResult:
    """The rows of ``gate_check``, after making sure that every number sent was really looked at."""
    passed = {answer["column"]: answer["success"] for answer in answers if answer["evaluated"] == len(profile.usable[answer["column"]])}
    missed = [check.name for check in profile.checks if profile.usable[check.name] and check.name not in passed]
    if missed:
        raise GateWorkerError(f"the data-quality gate did not judge {', '.join(missed)}")
    rows = [_row(check, profile, passed.get(check.name)) for check in profile.checks]
    rows.sort(key=lambda row: (("failed", "skipped", "passed").index(row["status"]), row["severity"]))
    severities = {row["severity"] for row in rows if row["status"] == "failed"}
    return GateResult("failed" if "critical" in severities else "warned" if severities else "passed", rows)


def _row(check: Check, profile: Profile, passed: bool | None) -> dict[str, str]:
    status = "skipped" if passed is None else "passed" if passed else "failed"
    usable = profile.usable[check.name]
    return {
        "check_name": check.name,
        "severity": check.severity,
        "status": status,
        "observed": observed_text(check, usable),
        "expected": expected_text(check),
        "detail": {"skipped": f"Not judged: {skipped_text(check, profile.measured)}.", "passed": check.what, "failed": check.means}[status],
    }
