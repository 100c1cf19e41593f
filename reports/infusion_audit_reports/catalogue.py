"""The catalogue of all runs of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports import small_charts
from infusion_audit_reports.charts import VERDICT_ORDER
from infusion_audit_reports.summaries import Row

_POINTS = 36  # of a sparkline


def catalogue(runs: Sequence[Mapping[str, Any]]) -> Row:
    """All runs of a workspace, the newest first, and the trend under each protocol."""
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
    return {"runs": rows, "protocols": [_protocol(name, rows) for name in dict.fromkeys(row["protocol"]["id"] for row in rows)]}


def _protocol(name: str, rows: Sequence[Row]) -> Row:
    """One protocol's periods of the kind that it has most of, each with its latest run, oldest first."""
    runs = [row for row in rows if row["protocol"]["id"] == name]
    published = [row for row in runs if row["report"]]
    kinds: dict[str, dict[str, Row]] = {}
    for row in published:
        # all time means something else on every day; a month is the same month, and its latest run counts
        kinds.setdefault(_kind(row["period"]), {}).setdefault(row["run_id"] if row["period"] == "all" else row["period"], row)
    periods = max(kinds.values(), key=len, default=dict[str, Row]())
    line = [periods[key] for key in sorted(periods)][-_POINTS:]
    rated = [row for row in line if row["rate"] is not None]
    return {
        "id": name,
        "versions": sorted({str(row["protocol"]["version"]) for row in runs}),
        "runs": len(runs),
        "latest": published[0] if published else None,
        "line": line,
        "rates": [row["rate"] for row in rated[-2:]],
        "spark": small_charts.sparkline([row["rate"] for row in rated]),
    }


def _kind(period: str) -> str:
    """Months with months, quarters with quarters."""
    return "".join("0" if letter.isdigit() else letter for letter in period)
