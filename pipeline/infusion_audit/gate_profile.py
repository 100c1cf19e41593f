"""The batch profile that the data-quality gate judges: a few numbers per check, computed in DuckDB.

Every file of ``sql/gate`` is a family of measures: a TOML header with the limits and the words, and a query that returns
``measure, extract_id, subject, observed, part, whole, skipped``. A new check is a new entry there, and no Python.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from infusion_audit.engine import Connection, resource

if TYPE_CHECKING:
    from infusion_audit.protocol import Protocol

Severity = Literal["critical", "warning"]

WHOLE_BATCH = "whole batch"

# What the queries share, in the order in which one needs the other.
_TABLES = ("gate_row", "gate_month", "gate_latest", "gate_observed")
_HEADER = re.compile(r"\s*/\*(.*?)\*/(.*)", re.DOTALL)
_SEVERITIES: tuple[Severity, ...] = ("critical", "warning")


@dataclass(frozen=True)
class GateSetting:
    """What of the protocol the gate needs to know: which rows are the product's, and what a usable weight is."""

    product: str
    session_gap_min: Decimal
    min_kg: Decimal
    max_kg: Decimal

    @classmethod
    def of(cls, protocol: Protocol) -> GateSetting:
        """The protocol's own settings."""
        return cls(protocol.scope.product, protocol.session.gap_min, protocol.weight.min_kg, protocol.weight.max_kg)


@dataclass(frozen=True)
class Check:
    """One expectation: a measure, its limits at one severity, and the words for a quality lead."""

    name: str
    severity: Severity
    family: str
    measure: str
    unit: str  # share, times, days or count
    of: str  # what the denominator counts
    what: str  # the sentence when all is well
    means: str  # the sentence when it is not: what it means and what to do
    absent: str  # the reason when there is nothing to measure
    at_least: float | None
    at_most: float | None
    of_at_least: float  # a smaller denominator is too little to conclude anything


@dataclass(frozen=True)
class Measured:
    """One number of the profile, of the whole batch or of one table, extract or dose group in it."""

    measure: str
    subject: str
    observed: float | None
    part: float | None
    whole: float | None
    skipped: str | None


@dataclass(frozen=True)
class Family:
    """One file of ``sql/gate``."""

    checks: tuple[Check, ...]
    sql: str


@dataclass(frozen=True)
class Profile:
    """All checks, all numbers, and which numbers each check can judge."""

    checks: list[Check]
    measured: list[Measured]
    usable: dict[str, list[Measured]]


def families(folder: Path | None = None) -> list[Family]:
    """All families of checks, in the order of their file names."""
    return [_read(file) for file in sorted((folder or resource("sql") / "gate").glob("*.sql"))]


def take_profile(connection: Connection, setting: GateSetting, *, now: datetime | None = None, folder: Path | None = None) -> Profile:
    """Compute every measure over the whole warehouse and, where there are several extracts, for each of them."""
    found = families(folder)
    _prepare(connection, setting, now or datetime.now(UTC))
    try:
        measured = _measure(connection, found)
    finally:
        for table in ("gate_setting", "gate_unit", *_TABLES):
            connection.execute(f"drop table if exists temp.{table}")
    checks = [check for family in found for check in family.checks]
    return Profile(checks, measured, {check.name: [row for row in measured if _is_usable(check, row)] for check in checks})


def _measure(connection: Connection, found: list[Family]) -> list[Measured]:
    several = _first_cell(connection, "select count(*) > 1 from extract")
    rows: list[Measured] = []
    for family in found:
        for measure, extract_id, subject, observed, part, whole, skipped in connection.execute(family.sql).fetchall():
            if extract_id is None or several:
                rows.append(Measured(measure, _label(subject, extract_id), _number(observed), _number(part), _number(whole), skipped))
    return sorted(rows, key=lambda row: (row.measure, row.subject))


def _is_usable(check: Check, row: Measured) -> bool:
    """Whether the check can judge the number: it was computed, and out of enough rows."""
    return row.measure == check.measure and row.skipped is None and row.observed is not None and (row.whole or 0) >= check.of_at_least


def _prepare(connection: Connection, setting: GateSetting, now: datetime) -> None:
    """Make the temporary tables that the queries read."""
    sql = resource("sql")
    connection.execute((sql / "macros.sql").read_text(encoding="utf-8"))
    connection.execute(
        """create or replace temp table gate_setting as
           select ? as product, cast(? as decimal(18, 6)) as session_gap_min, cast(? as decimal(18, 6)) as min_kg,
               cast(? as decimal(18, 6)) as max_kg, cast(? as timestamp) as now_at""",
        [setting.product, setting.session_gap_min, setting.min_kg, setting.max_kg, now.astimezone(UTC).replace(tzinfo=None)],
    )
    files = {"gate_unit": sql / "views" / "unit.sql"} | {name: sql / "gate" / "tables" / f"{name}.sql" for name in _TABLES}
    for table, file in files.items():
        connection.execute(f"create or replace temp table {table} as {file.read_text(encoding='utf-8')}")


def _read(file: Path) -> Family:
    match = _HEADER.match(file.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{file.name} has no TOML header")
    header = tomllib.loads(match[1])
    return Family(tuple(check for entry in header["measure"] for check in _checks(header["title"], entry)), match[2])


def _checks(family: str, entry: dict[str, Any]) -> list[Check]:
    """The checks of one measure: one per severity that has limits."""
    return [
        Check(
            name=entry["name"] if severity == "warning" else f"{entry['name']}_critical",
            severity=severity,
            family=family,
            measure=entry["name"],
            unit=entry["unit"],
            of=entry["of"],
            what=entry["what"],
            means=entry["means"],
            absent=entry.get("absent", f"there are no {entry['of']}"),
            at_least=entry[severity].get("at_least"),
            at_most=entry[severity].get("at_most"),
            of_at_least=entry[severity].get("of_at_least", 0),
        )
        for severity in _SEVERITIES
        if severity in entry
    ]


def _label(subject: str | None, extract_id: int | None) -> str:
    parts = [part for part in (subject, None if extract_id is None else f"extract {extract_id}") if part]
    return ", ".join(parts) or WHOLE_BATCH


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _first_cell(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
