"""Why one session got its verdict: the patient's rows are judged again on their own, and every step is laid open.

A rule looks at one patient's rows only, so judging that patient alone gives the same verdict, and at once.
"""

from __future__ import annotations

from typing import Any

from infusion_audit import casebook, engine, sensitivity
from infusion_audit.engine import Connection
from infusion_audit.errors import UserError
from infusion_audit.judge import judge
from infusion_audit.period import Period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.workspace import Workspace
from infusion_audit_reports.chains import told

_OF_A_PATIENT = (
    "patient", "encounter", "medication_order", "administration", "observation", "condition", "screening", "medication", "procedure",
    "intervention", "stock", "quarantine",
)  # fmt: skip
_OF_EVERY_ROW = ("mg_x3600_low", "mg_x3600_high", "weight_kg_low", "weight_kg_high")  # what a conversion is made from; it tells them
_OF_A_SITE = ("extract", "input_file", "coverage", "unknown_column")


def explain(home: Workspace, rule_id: str, session_id: str) -> dict[str, Any]:
    """The whole story of one verdict of the latest run: verdict, limit and its source, weight, steps and source rows.

    Raises UserError when the workspace holds no run, or the run has no such session or rule.
    """
    run = home.find_run()
    verdict = _verdict(home, run["run_id"], rule_id, session_id)
    protocol = load_protocol(str(home.run_folder(run["run_id"]) / "protocol.toml"))
    book = Rulebook.load()
    with engine.connect(reads=[home.warehouse]) as connection:
        _bring_patient(connection, home, verdict["patient_id"])
        judge(connection, protocol, book, Period("all", None, None), run["run_id"])
        sensitivity.compute(connection, protocol, book, only=[rule_id], remembered="select session_no from session")
        connection.execute(
            "create or replace temp table case_session as select session_no, session_id from session where session_id = ?",
            [verdict["session_id"]],
        )
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
        for step in casebook.lay_open(connection, book, rule_id[:2].lower()):
            rows = told(step, _rows(connection, step, rule_id), [(entry.low, entry.high, entry.comparator)])
            kept_back = () if step == "session" else _OF_EVERY_ROW
            story[step] = [{key: value for key, value in row.items() if key not in kept_back} for row in rows]
        story["other_readings"] = story.pop("other_readings")
        story["source_rows"] = [dict(row) for row in verdict["evidence"]]
        return story


def _verdict(home: Workspace, run_id: str, rule_id: str, session_id: str) -> dict[str, Any]:
    file = home.run_folder(run_id) / "verdicts.parquet"
    with engine.connect(reads=[file]) as connection:
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


def _rows(connection: Connection, step: str, rule_id: str) -> list[dict[str, Any]]:
    """The rows of a step, those of another rule left out."""
    rows = engine.rows(connection, f"select * exclude (session_id) from {casebook.table(step)}")
    return [{key: value for key, value in row.items() if key != "rule_id"} for row in rows if row.get("rule_id", rule_id) == rule_id]
