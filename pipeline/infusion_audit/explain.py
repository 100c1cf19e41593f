"""Why one session got its verdict: the patient's rows are judged again on their own, and every step is laid open.

A rule looks at one patient's rows only, so judging that patient alone gives the same verdict, and at once.
"""

from __future__ import annotations

import re
from typing import Any

from infusion_audit import engine, sensitivity
from infusion_audit.engine import Connection, resource
from infusion_audit.errors import UserError
from infusion_audit.judge import judge
from infusion_audit.period import Period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.workspace import Workspace

_OF_A_PATIENT = (
    "patient", "encounter", "medication_order", "administration", "observation", "condition", "screening", "medication", "procedure",
    "intervention", "stock", "quarantine",
)  # fmt: skip
_OF_A_SITE = ("extract", "input_file", "coverage", "unknown_column")


def explain(home: Workspace, rule_id: str, session_id: str) -> dict[str, Any]:
    """The whole story of one verdict of the latest run: verdict, limit and its source, weight, steps and source rows.

    Raises UserError when the workspace holds no run, or the run has no such session or rule.
    """
    run = home.find_run()
    verdict = _verdict(home, run["run_id"], rule_id, session_id)
    protocol = load_protocol(str(home.run_folder(run["run_id"]) / "protocol.toml"))
    with engine.connect() as connection:
        steps = _steps(rule_id)
        _bring_patient(connection, home, verdict["patient_id"])
        judge(connection, protocol, Rulebook.load(), Period("all", None, None), run["run_id"], readers=steps.values())
        entry = protocol.rules[rule_id]
        story: dict[str, Any] = {
            "verdict": {key: value for key, value in verdict.items() if key not in ("evidence", "flags")}
            | {"flags": list(verdict["flags"])},
            "limit": {
                "statement": entry.sentence,
                "source": entry.source,
                "quote": entry.quote,
                "source_line": entry.seed_line,
                "protocol": f"{protocol.id} {protocol.version}",
            },
        }
        connection.execute((resource("sql") / "explain" / "macros.sql").read_text("utf-8"))
        connection.execute("create or replace temp table explained as select cast(? as varchar) as rule_id", [rule_id])
        for step, query in steps.items():
            story[step] = _rows(connection, query, session_id)
        story["other_readings"] = sensitivity.of_session(connection, protocol, Rulebook.load(), rule_id, session_id)
        story["source_rows"] = [dict(row) for row in verdict["evidence"]]
        return story


def _steps(rule_id: str) -> dict[str, str]:
    """The queries that tell the story of a rule: ``all_*.sql``, then those named after its family (``kd_1_infusion.sql``)."""
    folder, family = resource("sql") / "explain", rule_id[:2].lower()
    files = [*sorted(folder.glob("all_*.sql")), *sorted(folder.glob(f"{family}_*.sql"))]
    return {re.sub(r"^[a-z]+_(\d_)?", "", file.stem): file.read_text("utf-8") for file in files}


def _verdict(home: Workspace, run_id: str, rule_id: str, session_id: str) -> dict[str, Any]:
    file = home.run_folder(run_id) / "verdicts.parquet"
    with engine.connect() as connection:
        rows = engine.rows(
            connection,
            "select * from read_parquet(?) where rule_id = ? and starts_with(session_id, ?)",
            [str(file), rule_id, session_id],
        )
    if len(rows) == 1:
        return rows[0]
    raise UserError(
        f'{"no" if not rows else "more than one"} session of run {run_id} is called "{session_id}" and judged by {rule_id}',
        hint="findings.csv and verdicts.parquet of the run hold the session ids.",
    )


def _bring_patient(connection: Connection, home: Workspace, patient_id: str) -> None:
    engine.attach(connection, home.warehouse, "warehouse")
    for table in _OF_A_PATIENT:
        connection.execute(f"create table {table} as select * from warehouse.{table} where patient_id = ?", [patient_id])
    for table in _OF_A_SITE:
        connection.execute(f"create table {table} as select * from warehouse.{table}")


def _rows(connection: Connection, query: str, session_id: str) -> list[dict[str, Any]]:
    return engine.rows(connection, f"select * exclude (session_id) from ({query.strip()}) where starts_with(session_id, ?)", [session_id])
