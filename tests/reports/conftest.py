"""A synthetic run in the tables that a report reads: every verdict, grade, cause and flag, and hostile text where text can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit_reports.site import render_run

SUMMARIES = Path(__file__).parents[2] / "sql" / "summaries"
SYNTHETIC = Path(__file__).parent / "synthetic"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</style></table><h1>gone</h1>",
    '<a href="javascript:alert(3)">press</a>',
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|'/c calc'!A1",
)


def fill(connection: duckdb.DuckDBPyConnection, sessions: int) -> None:
    """Create the temporary tables of a run with this many sessions."""
    connection.execute((SUMMARIES.parent / "macros.sql").read_text(encoding="utf-8"))
    connection.execute(f"create temp table share as select * from read_csv('{SYNTHETIC / 'rules.csv'}')")
    connection.execute(
        """
        create temp table rule as select
            rule_id, lower(replace(rule_id, '-', '')) as name, title, family, 'value' as quantity, 'finding' as finding,
            'Why it matters: the statement bounds what one session may hold.' as why, severity,
            limit_low::decimal(18, 6) as limit_low,
            -- the limit of these two is a setting, not the rule's
            case when rule_id not in ('KM-01', 'KM-02') then limit_high end::decimal(18, 6) as limit_high,
            case when rule_id not in ('KM-01', 'KM-02') then comparator end as comparator,
            unit, source, quote, seed_line::integer as seed_line, statement, '' as citation, null::varchar as certainty,
            'Every session.' as population, 'None.' as exclusions, 'The value is within the limit.' as success,
            'Prescriber ' || $payload as responsible, 'None known.' as limitations, ['administration', 'weight'] as needs,
            case rule_id when 'KD-01' then ['0.2.0: ' || $payload] else [] end::varchar[] as changes
        from share
        """,
        {"payload": PAYLOADS[0]},
    )
    for name in ("setting", "session", "outcome", "verdict", "sensitivity", "quality", "review", "pages", "history"):
        for statement in (SYNTHETIC / f"{name}.sql").read_text(encoding="utf-8").split(";\n"):
            values: dict[str, Any] = {"sessions": sessions, "payloads": list(PAYLOADS), "payload": PAYLOADS[0]}
            named = set(re.findall(r"\$(\w+)", statement))
            connection.execute(statement, {name: values[name] for name in named})
        if name == "verdict":
            connection.execute(f"create temp table tally as {(SUMMARIES.parent / 'judge' / 'tally.sql').read_text(encoding='utf-8')}")
    sql = SUMMARIES.parent
    connection.execute((sql / "macros.sql").read_text("utf-8"))
    for name in ("unit_slip", "unusual_dose", "outlier_order", "outlier"):
        connection.execute(f"create temp table {name} as {(sql / 'judge' / f'{name}.sql').read_text('utf-8')}")


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """The verdict counts as the manifest of a run holds them."""
    found: dict[str, dict[str, int]] = {}
    for rule, verdict, number in connection.execute("select rule_id, verdict, count(*) from verdict group by all order by all").fetchall():
        found.setdefault(rule, dict.fromkeys(("compliant", "violation", "not_applicable", "not_evaluable"), 0))[verdict] = number
    return found


def manifest(connection: duckdb.DuckDBPyConnection, **changes: Any) -> dict[str, Any]:
    """The ``run.json`` of the synthetic run."""
    number = connection.execute("select count(*) from session").fetchone()
    return {
        "run_id": "2026-10-01T060000Z-ab12cd",
        "status": "published",
        "exit_code": 0,
        "period": "2026-04-01..2026-09-30",
        "site": "Riverside Hospital " + PAYLOADS[2],
        "generated_by": "infusion-audit 0.1.0",
        "previous_run_id": None,
        "protocol": {
            "id": "ketamine-chronic-pain",
            "version": "1.0",
            "sha256": "5e" * 32,
            "title": "Intravenous ketamine for chronic pain",
            "standing": "secondary summary, unreviewed at source; not a guideline",
            "approved_by": "",
            "source_text_sha256": "3d" * 32,
            "not_judged": [{"rule_id": "KC-01", "statement": "no uncontrolled cardiovascular disease", "severity": "critical"}],
        },
        "software": {"version": "0.1.0", "duckdb": "2.0.0"},
        "inputs": [],
        "gate": {"status": "warned", "failed": ["weights_present"], "checks": []},
        "quarantine": {"administration": {"not_a_time": 11}, "observation": {"empty": 11, "not_a_number": 29}},
        "unknown_columns": [{"file": "administration.csv", "column": "nurse_comment"}],
        "excluded": [
            {"cause": "product", "found": "esketamine", "rows": 12},
            {"cause": "product", "found": PAYLOADS[1], "rows": 1},
            {"cause": "route", "found": "im", "rows": 4},
            {"cause": "status", "found": "held", "rows": 9},
        ],
        "sessions": number[0] if number else 0,
        "session_outcomes": {"compliant": 600, "with_finding": 200, "undecided": 60, "out_of_scope": 40},
        "verdicts": counts(connection),
        "report": "runs/2026-10-01T060000Z-ab12cd/index.html",
        "timings_s": {"load": 0.4, "judge": 0.3},
        "started_at": "2026-10-01T06:00:00Z",
        "finished_at": "2026-10-01T06:00:02Z",
        **changes,
    }


def history(before: dict[str, Any]) -> dict[str, Any]:
    """What the workspace says of an earlier run, and of a phase that its charts began."""
    names = ("run_id", "period", "protocol", "sessions", "verdicts")
    return {
        "rebases": [{"first": "2026-07", "last": None, "rules": ["KD-07"], "why": "New order set " + PAYLOADS[0]}],
        "names": False,
        "months": {},
        "part_of_month": ["2026-09"],
        "spans": [(date(2026, 4, 1), date(2026, 9, 30))],
        "compared": [{"kind": "run"} | {name: before[name] for name in names}],
    }


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A judged run of 900 sessions: two pages of findings."""
    with duckdb.connect(":memory:") as opened:
        fill(opened, 900)
        yield opened


@pytest.fixture(scope="session")
def site(connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered report of that run."""
    run = manifest(connection)
    before = manifest(connection, run_id="2026-04-01T060000Z-000000", period="2025-10-01..2026-03-31", sessions=880)
    before["verdicts"]["KD-01"] = {"compliant": 500, "violation": 60, "not_applicable": 300, "not_evaluable": 20}
    out = tmp_path_factory.mktemp("report") / "runs" / run["run_id"]
    render_run(connection, run, out, summaries=SUMMARIES, previous=before, history=history(before))
    return out
