"""The state of the review as tables that worklist, findings.csv and report read: ``review``, one row per finding, and ``review_past``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from infusion_audit import engine, reaudit
from infusion_audit.engine import Connection
from infusion_audit.judge import shipped_query
from infusion_audit.ledger import Entry, Ledger, read_ledger, remembered
from infusion_audit.period import parse_period
from infusion_audit.review_state import Found, ThisRun, agreement, in_sample, no_finding, state
from infusion_audit.workspace import Workspace

_TEXT = (
    *("finding_key", "status", "cause", "counts_as", "disposition", "review_reason", "was", "action", "owner"),
    *("first_reviewer", "first_disposition", "first_reviewed_at", "second_reviewer", "second_disposition", "second_reviewed_at"),
    *("verdict", "rule_id", "session_id", "session_started_at", "severity"),
)
_DATE = ("reopened_on", "action_due", "action_date", "waived_until")
_COLUMNS = dict.fromkeys(_TEXT, "varchar") | dict.fromkeys(_DATE, "date") | {"reviewers": "integer"}
_STATUSES = ("open", "reopened", "second_awaited", "disagreement", "reviewed")


def today() -> date:
    """The day on which waivers end and reviews fall due."""
    return datetime.now(UTC).date()


def install(connection: Connection, manifest: Mapping[str, Any], folder: Path, home: Workspace) -> dict[str, Any]:
    """Create ``review`` and ``review_past`` for the run in ``folder``, and say what the ledger is worth.

    A ledger that fails its check counts as empty: no disposition is shown that somebody may have made up.
    """
    ledger = read_ledger(home)
    trusted = Ledger() if ledger.problem else ledger
    earlier = [run for run in home.manifests() if run.get("report") and run["run_id"] < manifest["run_id"]]
    then = remembered(manifest)[0] if manifest.get("review") else len(trusted.entries)  # none yet: it is being made
    run = ThisRun(
        run_id=manifest["run_id"],
        protocol_sha256=manifest["protocol"]["sha256"],
        entries_before={each["run_id"]: remembered(each)[0] for each in earlier} | {manifest["run_id"]: then},
        two_reviewers=engine.rows(connection, "select review_second from setting")[0]["review_second"],
        today=today(),
    )
    own = str(folder / "data" / "finding.parquet")
    files = [home.run_folder(each["run_id"]) / "data" / "finding.parquet" for each in earlier]
    files = [*(str(file) for file in files if file.exists()), own]
    connection.execute(  # of earlier runs only the findings that this one has too
        """
        create or replace temp table finding_run as
        select finding_key, severity, rule_id, session_id, run_id
        from read_parquet(?)
        where finding_key in (select finding_key from read_parquet(?))
        """,
        [files, own],
    )
    connection.execute("create or replace temp table this_run as select cast(? as varchar) as run_id", [run.run_id])
    _fill(connection, "review_state", _states(connection, trusted.by_finding(), manifest["run_id"], run))
    _fill(connection, "review_past", _past(connection, trusted.by_finding(), manifest, run))
    connection.execute("create or replace temp table review_day as select cast(? as date) as today", [run.today])
    connection.execute(f"create or replace temp table review as {shipped_query('review')}")
    reaudit.install(connection, manifest, home, trusted.by_finding().values())
    return _facts(connection, ledger, trusted, run)


def _fill(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    connection.execute(f"create or replace temp table {table} ({columns})")
    if rows:  # as one parameter: an insert per row would take longer than the whole report
        shape = json.dumps([_COLUMNS])
        connection.execute(
            f"insert into {table} by name select unnest(from_json(cast(? as json), ?), recursive := true)", [json.dumps(rows), shape]
        )


def _states(connection: Connection, ledger: Mapping[str, Sequence[Entry]], run_id: str, run: ThisRun) -> list[dict[str, Any]]:
    """The findings of this run that the ledger knows."""
    query = """
        select f.finding_key, f.severity, v.grade, v.observed, list(h.run_id order by h.run_id) as runs
        from finding_run as f
        inner join finding_run as h on h.finding_key = f.finding_key
        inner join verdict as v on v.session_id = f.session_id and v.rule_id = f.rule_id
        where f.run_id = ? and f.finding_key in (select unnest(?))
        group by all
    """
    found = engine.rows(connection, query, [run_id, [*ledger]]) if ledger else []
    rows: list[dict[str, Any]] = []
    for row in found:
        key = row.pop("finding_key")
        rows.append(dict.fromkeys(_COLUMNS) | {"finding_key": key} | state(ledger[key], Found(**row), run))
    return rows


def _past(connection: Connection, ledger: Mapping[str, Sequence[Entry]], manifest: Mapping[str, Any], run: ThisRun) -> list[dict[str, Any]]:
    """What was reviewed, belongs to this run's period and rules, and is no finding any more."""
    if not ledger:
        return []
    query = "select finding_key from finding_run where run_id = ? and finding_key in (select unnest(?))"
    still = {key for (key,) in connection.execute(query, [run.run_id, [*ledger]]).fetchall()}
    rules = {rule for (rule,) in connection.execute("select rule_id from rule").fetchall()}
    last = [entries[-1].finding for key, entries in ledger.items() if key not in still and entries[-1].finding.rule_id in rules]
    query = "select rule_id, session_id, verdict from verdict where session_id in (select unnest(?))"
    now = {
        (rule, session): verdict for rule, session, verdict in connection.execute(query, [[each.session_id for each in last]]).fetchall()
    }
    rows: list[dict[str, Any]] = []
    for each in last:
        verdict = now.get((each.rule_id, each.session_id))
        if verdict or _inside(each.session_started_at, str(manifest["period"])):
            found = no_finding(ledger[each.finding_key], verdict, run)
            names = ("finding_key", "rule_id", "session_id", "session_started_at", "severity")
            rows += [dict.fromkeys(_COLUMNS) | each.model_dump(include=set(names)) | found] if found else []
    return rows


def _inside(started_at: str, period: str) -> bool:
    """Whether a session that is no more would certainly have been in the period; a day of grace for the local date."""
    span, day = parse_period(period, today()), date.fromisoformat(started_at[:10])
    return not (span.first and day - timedelta(1) < span.first) and not (span.last and day + timedelta(1) > span.last)


def _facts(connection: Connection, ledger: Ledger, trusted: Ledger, run: ThisRun) -> dict[str, Any]:
    query = """
        select status, count(*), count(case when overdue then 1 end), count(case when action_overdue then 1 end)
        from review group by status
    """
    counts = {status: (number, late, actions) for status, number, late, actions in connection.execute(query).fetchall()}
    closed = connection.execute("select count(*) from review_past where status = 'closed'").fetchone()
    return {
        "as_of": run.today.isoformat(),
        "entries": None if ledger.problem else len(ledger.entries),
        "head": None if ledger.problem else ledger.head,
        "problem": ledger.problem,
        "remarks": ledger.remarks,
        "findings": {status: counts.get(status, (0, 0, 0))[0] for status in _STATUSES},
        "overdue": sum(late for _, late, _ in counts.values()),
        "actions_overdue": sum(late for _, _, late in counts.values()),
        "closed": closed[0] if closed else 0,
        "sample": _sample(connection),
        "agreement": agreement(trusted.by_finding().values()),
    }


def _sample(connection: Connection) -> dict[str, int]:
    """How many findings of this run are in the sample for a second review, and how many of those have one reviewer, and two."""
    rows = connection.execute("select finding_key, coalesce(reviewers, 0) from review").fetchall()
    reviewers = [number for key, number in rows if in_sample(key)]
    return {"findings": len(reviewers), "once": sum(number > 0 for number in reviewers), "twice": sum(number > 1 for number in reviewers)}
