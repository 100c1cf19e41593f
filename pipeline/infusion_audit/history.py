"""What earlier runs of the workspace say beside this one: months for the trends, findings for what changed.

Only what is needed is opened: the manifests are small, and of the runs themselves the latest of each period, at most sixty.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from infusion_audit.engine import Connection
from infusion_audit.period import Period, parse_period, period_before
from infusion_audit.trend_setting import read_trend_setting
from infusion_audit.workspace import Workspace

PERIODS = 60  # earlier periods that a trend looks back on


def install(connection: Connection, manifest: Mapping[str, Any], home: Workspace) -> dict[str, Any]:
    """Create ``tally_before``, ``finding_before`` and ``session_before``, and say where they come from."""
    earlier = [
        run
        for run in home.manifests()
        if run.get("report") and run["run_id"] < manifest["run_id"] and run["protocol"]["id"] == manifest["protocol"]["id"]
    ]
    span = _span(connection, manifest)
    return (
        read_trend_setting(home.path).facts()
        | _months(connection, manifest, span, earlier, home)
        | _compared(connection, manifest, earlier, home)
    )


def _span(connection: Connection, manifest: Mapping[str, Any]) -> Period:
    """The days that this run covers; an open end is the day of its first or last session."""
    period = parse_period(str(manifest["period"]), date.today())
    first, last = connection.execute("select min(local_date), max(local_date) from session").fetchall()[0]
    return Period(period.label, period.first or first, period.last or last)


# ---------------------------------------------------------------- months


def _months(
    connection: Connection, manifest: Mapping[str, Any], span: Period, earlier: Sequence[Mapping[str, Any]], home: Workspace
) -> dict[str, Any]:
    """For each month up to this run's last the latest run that covers all of it; a part of a month only from this run itself."""
    own, until = manifest["run_id"], f"{span.last:%Y-%m}" if span.last else ""
    months = {month: own for month, _ in _between(span)}
    whole = {month for month, is_whole in _between(span) if is_whole or manifest["period"] == "all"}
    files = _files(manifest, earlier, home) if manifest["period"] != "all" else {}
    connection.execute(
        "create or replace temp table tally_before (run_id varchar, place varchar, rule_id varchar, compliant bigint, violation bigint)"
    )
    if files:
        connection.execute(
            """
            insert into tally_before
            select parse_path(filename)[-3] as run_id, place, rule_id, compliant, violation
            from read_parquet(?, filename = true) where part = 'day'
            """,
            [[str(file) for file in files.values()]],
        )
        seen = dict(connection.execute("select run_id, [min(place), max(place)] from tally_before group by run_id").fetchall())
        for run_id in files:  # the latest comes last and wins
            for month in _wholly(next(run for run in earlier if run["run_id"] == run_id), seen.get(run_id)):
                if month not in whole and month <= until:
                    months[month] = run_id
    chosen = [[month, run_id] for month, run_id in sorted(months.items())]
    connection.execute(
        """
        delete from tally_before as t
        where not list_contains(cast(? as varchar[]), t.run_id || ' ' || t.place[:7])
        """,
        [[f"{run_id} {month}" for month, run_id in chosen]],
    )
    connection.execute(
        """
        create or replace temp table own_day as
        select place from tally where part = 'day' and list_contains(cast(? as varchar[]), place[:7]) group by place
        """,
        [[month for month, run_id in chosen if run_id == own]],
    )
    return {
        "months": {month: run_id for month, run_id in chosen if run_id != own},
        "part_of_month": sorted(month for month, run_id in chosen if run_id == own and month not in whole),
        "spans": list(_spans(span, [(month, run_id == own) for month, run_id in chosen])),
    }


def _files(manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]], home: Workspace) -> dict[str, Path]:
    """The day counts of the latest run of each earlier period by the same version of the protocol."""
    latest = {run["period"]: run["run_id"] for run in earlier if run["protocol"]["version"] == manifest["protocol"]["version"]}
    found = {run_id: home.run_folder(run_id) / "data" / "tally.parquet" for run_id in sorted(latest.values())[-PERIODS:]}
    return {run_id: file for run_id, file in found.items() if file.is_file()}


def _between(span: Period) -> Iterator[tuple[str, bool]]:
    """The months that a span touches, and whether it holds all of each."""
    if span.first is None or span.last is None:
        return
    day = span.first.replace(day=1)
    while day <= span.last:
        end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        yield f"{day:%Y-%m}", span.first <= day and end <= span.last
        day = end + timedelta(1)


def _wholly(run: Mapping[str, Any], seen: Sequence[str] | None) -> list[str]:
    """The months that an earlier run certainly covers from end to end; of all time, those before the month of its last session."""
    period = parse_period(str(run["period"]), date.today())
    if period.first is None and seen:
        last = date.fromisoformat(seen[1]).replace(day=1) - timedelta(1)
        period = Period(period.label, date.fromisoformat(seen[0]).replace(day=1), last)
    return [month for month, is_whole in _between(period) if is_whole]


def _spans(span: Period, chosen: Sequence[tuple[str, bool]]) -> Iterator[tuple[date, date]]:
    """The unbroken stretches of days that the chosen months cover."""
    begun: date | None = None
    reached: date | None = None
    for month, is_own in chosen:
        first = date.fromisoformat(f"{month}-01")
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        if is_own and span.first and span.last:
            first, last = max(first, span.first), min(last, span.last)
        if begun and reached and first != reached + timedelta(1):
            yield begun, reached
            begun = None
        begun, reached = begun or first, last
    if begun and reached:
        yield begun, reached


# ---------------------------------------------------------------- what changed


def _compared(connection: Connection, manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]], home: Workspace) -> dict[str, Any]:
    """The run of the period before and the run before, with their findings and sessions in tables."""
    before = period_before(parse_period(str(manifest["period"]), date.today()))
    of_period = next((run for run in reversed(earlier) if run["period"] == before), None)
    previous = next((run for run in reversed(earlier) if run["run_id"] == manifest["previous_run_id"]), None)
    named = [("period", of_period), ("run", previous)]
    pairs = [(kind, run) for kind, run in named if run and (kind == "period" or run is not of_period)]
    pairs = [(kind, run) for kind, run in pairs if (home.run_folder(run["run_id"]) / "data" / "finding.parquet").is_file()]
    connection.execute(
        """
        create or replace temp table session_before (which varchar, session_id varchar, patient_id varchar, local_date date);
        create or replace temp table finding_before (
            which varchar, finding_key varchar, session_id varchar, rule_id varchar, severity varchar, observed double,
            session_started_at varchar
        )
        """
    )
    for kind, run in pairs:
        data = home.run_folder(run["run_id"]) / "data"
        connection.execute(
            "insert into session_before select ?, session_id, patient_id, local_date from read_parquet(?)",
            [kind, str(data / "session.parquet")],
        )
        connection.execute(
            """
            insert into finding_before
            select ?, finding_key, session_id, rule_id, severity, observed, session_started_at from read_parquet(?)
            """,
            [kind, str(data / "finding.parquet")],
        )
    period = parse_period(str(manifest["period"]), date.today())
    connection.execute(
        "create or replace temp table this_period as select cast(? as date) as first_day, cast(? as date) as last_day",
        [period.first, period.last],
    )
    names = ("run_id", "period", "protocol", "sessions", "verdicts")
    return {"compared": [{"kind": kind} | {name: run[name] for name in names} for kind, run in pairs]}
