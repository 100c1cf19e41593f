"""Re-audit: what became of a statement after an action on one of its findings was done.

The month of the finding is set beside the first full month after the day on which the action was done, by the same rule. Both are
counted from verdicts: those of this run where it holds the whole month, else of the newest earlier run that does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from infusion_audit import engine
from infusion_audit.engine import Connection
from infusion_audit.judge import shipped_query
from infusion_audit.ledger import Entry
from infusion_audit.period import parse_period
from infusion_audit.workspace import Workspace

_COLUMNS = {
    **{"rule_id": "varchar", "action_date": "date", "actions": "integer"},
    **{f"{when}_{what}": kind for when in ("before", "after") for what, kind in (("month", "date"), ("compliant", "integer"))},
    **{f"{when}_{what}": kind for when in ("before", "after") for what, kind in (("violation", "integer"), ("version", "varchar"))},
}


@dataclass(frozen=True)
class _Counted:
    """What one run holds: its period, how far its data reach, and its verdicts by rule and month."""

    version: str
    first: date | None
    last: date | None
    reaches: date | None
    counts: Mapping[tuple[str, date], tuple[int, int]]

    def holds(self, month: date) -> bool:
        """Whether every session of a month could be in it."""
        return _covers(self.first, self.last, month) and self.reaches is not None and self.reaches > _end(month)


def install(connection: Connection, manifest: Mapping[str, Any], home: Workspace, findings: Iterable[Sequence[Entry]]) -> None:
    """Create ``reaudit``: one row per rule, month of the finding and month after the action."""
    done: dict[tuple[str, date, date], list[date]] = {}
    rules = {rule for (rule,) in connection.execute("select rule_id from rule").fetchall()}
    zone = ZoneInfo(engine.rows(connection, "select coalesce(max(timezone), 'UTC') as zone from extract")[0]["zone"])
    for entries in findings:
        last = entries[-1]
        if last.statement.action_date and last.finding.rule_id in rules:
            day = date.fromisoformat(last.statement.action_date)
            month = datetime.fromisoformat(last.finding.session_started_at).astimezone(zone).date().replace(day=1)
            done.setdefault((last.finding.rule_id, month, _next(day)), []).append(day)
    runs = _Runs(connection, manifest, home) if done else None
    rows = [
        {"rule_id": rule, "action_date": max(days).isoformat(), "actions": len(days)}
        | _side("before", rule, before, runs)
        | _side("after", rule, after, runs)
        for (rule, before, after), days in sorted(done.items())
        if runs
    ]
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    connection.execute(f"create or replace temp table reaudit ({columns})")
    if rows:
        query = "insert into reaudit by name select unnest(from_json(cast(? as json), ?), recursive := true)"
        connection.execute(query, [json.dumps(rows), json.dumps([_COLUMNS])])


def _side(when: str, rule: str, month: date, runs: _Runs | None) -> dict[str, Any]:
    found = runs.holding(month) if runs else None
    compliant, violation = found.counts.get((rule, month), (0, 0)) if found else (None, None)
    values = {"month": month.isoformat(), "compliant": compliant, "violation": violation, "version": found.version if found else None}
    return {f"{when}_{name}": value for name, value in values.items()}


class _Runs:
    """This run and the earlier ones by the same protocol; of those only the ones that may hold a month are read, each once."""

    def __init__(self, connection: Connection, manifest: Mapping[str, Any], home: Workspace) -> None:
        self._own = _counted(connection, manifest)
        self._earlier = {
            run["run_id"]: (run, parse_period(str(run["period"]), date.today()), home.run_folder(run["run_id"]))
            for run in reversed(home.manifests())
            if run.get("report") and run["run_id"] < manifest["run_id"] and run["protocol"]["id"] == manifest["protocol"]["id"]
        }
        self._read: dict[str, _Counted] = {}
        self._reaches = dict(self._extracted(connection)) if self._earlier else {}

    def holding(self, month: date) -> _Counted | None:
        """The newest run that holds a whole month."""
        if self._own.holds(month):
            return self._own
        for run_id, (run, period, folder) in self._earlier.items():
            reaches = self._reaches.get(run_id)
            if not _covers(period.first, period.last, month) or (reaches is not None and reaches <= _end(month)):
                continue
            if run_id not in self._read:
                self._read[run_id] = _stored(run, folder)
            if self._read[run_id].holds(month):
                return self._read[run_id]
        return None

    def _extracted(self, connection: Connection) -> Sequence[tuple[str, date]]:
        """When the last extract of each earlier run was made, where that is known: the day up to which its data reach."""
        files = [str(file) for _, _, folder in self._earlier.values() if (file := folder / "data" / "extract.parquet").is_file()]
        query = """
            select parse_path(filename)[-3], cast(max(extracted_at) as date)
            from read_parquet(?, filename = true, union_by_name = true) where extracted_at is not null group by filename
        """
        return connection.execute(query, [files]).fetchall() if files else []


def _stored(run: Mapping[str, Any], folder: Path) -> _Counted:
    """An earlier run, from the files that it stored."""
    files = {"verdict": folder / "verdicts.parquet"} | {name: folder / "data" / f"{name}.parquet" for name in ("session", "extract")}
    with engine.connect(reads=files.values()) as connection:
        for table, file in files.items():
            connection.execute(f"create temp table {table} as select * from read_parquet(?)", [str(file)])
        return _counted(connection, run)


def _counted(connection: Connection, run: Mapping[str, Any]) -> _Counted:
    period = parse_period(str(run["period"]), date.today())
    (reach,) = engine.rows(connection, shipped_query("reach"))
    rows = engine.rows(connection, shipped_query("verdicts_by_month"))
    counts = {(row["rule_id"], row["month"]): (row["compliant"], row["violation"]) for row in rows}
    return _Counted(run["protocol"]["version"], period.first, period.last, reach["reaches"], counts)


def _next(day: date) -> date:
    """The first day of the month after that of a day."""
    return (day.replace(day=1) + timedelta(32)).replace(day=1)


def _end(month: date) -> date:
    """The last day of a month."""
    return _next(month) - timedelta(1)


def _covers(first: date | None, last: date | None, month: date) -> bool:
    """Whether a period with these ends, None for an open one, holds all days of a month."""
    return (first is None or first <= month) and (last is None or last >= _end(month))
