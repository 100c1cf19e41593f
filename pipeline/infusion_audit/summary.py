"""summary.json: what a scheduled job or a dashboard needs to know of a run, in counts only and with a published JSON Schema.

``SCHEMA_VERSION`` rises when a name changes its meaning or goes; a new name does not raise it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infusion_audit import engine
from infusion_audit.engine import Connection
from infusion_audit.judge import shipped_query

SCHEMA_VERSION = "1"
SCHEMA_FILE = "summary.schema.json"  # beside the row contract, in the package infusion_audit_schemas
_STATUSES = Literal["published", "judged", "gate_failed"]
_SEVERITIES = Literal["info", "minor", "major", "critical"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Protocol(_Part):
    """The protocol file that judged."""

    id: str
    version: str
    sha256: str
    approved: bool = Field(description="Whether the file names a clinician who approved it.")


class GateState(_Part):
    """The data-quality gate: names of the checks that did not pass."""

    status: str = Field(description="passed, warned, failed, or skipped (--no-gate, check).")
    failed: list[str]


class Sessions(_Part):
    """Every judged session in exactly one of four groups."""

    total: int
    with_finding: int
    undecided: int = Field(description="No finding, but something could not be judged: never counted as met.")
    compliant: int
    out_of_scope: int = Field(description="No statement applies.")


class Rate(_Part):
    """A share with its Wilson 95 % interval."""

    rate: float
    low: float
    high: float


class RuleCounts(_Part):
    """The verdicts of one rule."""

    rule_id: str
    title: str | None
    family: str
    severity: _SEVERITIES
    limit_low: float | None
    limit_high: float | None
    comparator: str | None
    unit: str | None
    compliant: int
    violation: int
    not_applicable: int
    not_evaluable: int
    marginal: int
    material: int
    below_range: int
    met: Rate | None = Field(description="compliant / (compliant + violation); null when nothing was judged.")


class Rows(_Part):
    """The rows of all input files: received = loaded + quarantined + duplicates."""

    received: int
    loaded: int
    quarantined: int
    duplicates: int


class Reviews(_Part):
    """Where the reviews of this run's findings stand."""

    open: int
    reopened: int
    second_awaited: int
    disagreement: int
    reviewed: int
    overdue: int
    actions_overdue: int


class Summary(_Part):
    """One run in counts. Holds no patient, session, file or reviewer."""

    schema_version: Literal["1"]
    run_id: str
    status: _STATUSES = Field(description="gate_failed: nothing was published, and findings is null, not 0.")
    exit_code: int
    deidentified: bool
    site: str | None
    period: str
    protocol: Protocol
    software: str
    gate: GateState
    sessions: Sessions | None
    findings: int | None = Field(description="null when nothing was published: that is not 'no findings'.")
    findings_by_severity: dict[_SEVERITIES, int] | None
    rules: list[RuleCounts]
    rows: Rows
    reviews: Reviews | None
    report: str | None = Field(description="Path of the first page, relative to the workspace; in a published copy, to this file.")
    started_at: str
    finished_at: str | None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of summary.json, as it is published."""
    found = Summary.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:infusion-audit:summary:{SCHEMA_VERSION}"} | found


def summarise(connection: Connection, manifest: Mapping[str, Any]) -> Summary:
    """A judged run, from its verdicts."""
    from infusion_audit_reports.statistics import wilson_95

    rules: list[RuleCounts] = []
    for row in engine.rows(connection, shipped_query("summary_rule")):
        share = wilson_95(row["compliant"], row["compliant"] + row["violation"])
        rules.append(RuleCounts(**row, met=Rate(**share._asdict()) if share else None))
    outcome = manifest.get("session_outcomes") or engine.rows(connection, shipped_query("summary_session"))[0]
    severities: dict[_SEVERITIES, int] = dict.fromkeys(("info", "minor", "major", "critical"), 0)
    for rule in rules:
        severities[rule.severity] += rule.violation
    return _frame(
        manifest,
        sessions=Sessions(total=manifest["sessions"], **outcome),
        findings=sum(severities.values()),
        findings_by_severity=severities,
        rules=rules,
        reviews=_reviews(manifest.get("review")),
    )


def not_published(manifest: Mapping[str, Any]) -> Summary:
    """A run that the gate stopped: why, and no count that could be read as "no findings"."""
    return _frame(manifest, sessions=None, findings=None, findings_by_severity=None, rules=[], reviews=None)


def _frame(manifest: Mapping[str, Any], **found: Any) -> Summary:
    its: Mapping[str, Any] = manifest["protocol"]
    return Summary(
        schema_version=SCHEMA_VERSION,
        **{key: manifest[key] for key in ("run_id", "status", "exit_code", "period", "report", "started_at", "finished_at")},
        deidentified=bool(manifest.get("deidentified")),
        site=manifest.get("site"),
        protocol=Protocol(**{key: its[key] for key in ("id", "version", "sha256")}, approved=bool(its.get("approved_by"))),
        software=manifest["software"]["version"],
        gate=GateState(status=manifest["gate"]["status"], failed=list(manifest["gate"].get("failed") or [])),
        rows=_rows(manifest["inputs"]),
        **found,
    )


def _rows(inputs: Sequence[Mapping[str, Any]]) -> Rows:
    return Rows(**{key: sum(each[key] for each in inputs) for key in ("received", "loaded", "quarantined", "duplicates")})


def _reviews(facts: Mapping[str, Any] | None) -> Reviews | None:
    return Reviews(**facts["findings"], overdue=facts["overdue"], actions_overdue=facts["actions_overdue"]) if facts else None
