"""The catalogue of all runs of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports import trends
from infusion_audit_reports.charts import VERDICT_ORDER
from infusion_audit_reports.summaries import Row


def catalogue(runs: Sequence[Mapping[str, Any]]) -> Row:
    """All runs of a workspace, the newest first, with a small trend of those under the newest run's protocol."""
    newest = sorted(runs, key=lambda run: (str(run.get("started_at") or ""), str(run["run_id"])), reverse=True)
    rows: list[Row] = []
    for run in newest:
        verdicts: Mapping[str, Mapping[str, int]] = run.get("verdicts") or {}
        total = {verdict: sum(of[verdict] for of in verdicts.values()) for verdict in VERDICT_ORDER}
        judged = total["compliant"] + total["violation"]
        rows.append(
            {
                "run_id": run["run_id"],
                "period": run["period"],
                "started_at": run.get("started_at"),
                "protocol": run["protocol"],
                "site": run.get("site"),
                "sessions": run.get("sessions"),
                "findings": total["violation"] if run.get("report") else None,
                "rate": total["compliant"] / judged if judged and run.get("report") else None,
                "gate": run["gate"]["status"],
                "gate_failed": list(run["gate"].get("failed") or []),
                "status": run["status"],
                "report": run.get("report"),
            }
        )
    alike = [row for row in rows if row["rate"] is not None and row["protocol"]["id"] == rows[0]["protocol"]["id"]]
    return {"runs": rows, "chart": trends.runs_trend(alike[:24][::-1])}
