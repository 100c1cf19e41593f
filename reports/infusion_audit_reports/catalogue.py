"""The catalogue of all runs of a workspace: by period and protocol, the newest period first, with the trend under each protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infusion_audit_reports import small_charts
from infusion_audit_reports.summaries import Row

_POINTS = 36  # of a sparkline
_KINDS = {"0000-00": "Months", "0000-Q0": "Quarters", "0000": "Years", "all": "All sessions"}
_OTHER = "Other spans of days"
RECENT = 12  # periods of a kind that stand open


def catalogue(runs: Sequence[Mapping[str, Any]]) -> Row:
    """All runs of a workspace by period, and the trend under each protocol; its figure is that of a report's first page."""
    rows = [_run(run) for run in sorted(runs, key=lambda run: (str(run.get("started_at") or ""), str(run["run_id"])), reverse=True)]
    kinds: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        kinds.setdefault(_KINDS.get(_kind(row["period"]), _OTHER), {}).setdefault(row["period"], []).append(row)
    return {
        "runs": len(rows),
        "latest": next((row for row in rows if row["report"]), None),
        "sites": sorted({row["site"] for row in rows if row["site"]}),
        "protocols": [_protocol(name, rows) for name in dict.fromkeys(row["protocol"]["id"] for row in rows)],
        "kinds": [(title, _periods(kinds[title])) for title in (*_KINDS.values(), _OTHER) if title in kinds],
        "recent": RECENT,
    }


def _run(run: Mapping[str, Any]) -> Row:
    verdicts: Mapping[str, Mapping[str, int]] = run.get("verdicts") or {}
    outcome: Mapping[str, int] | None = run.get("session_outcomes")  # a run of an older release has none
    in_scope = sum(number for name, number in outcome.items() if name != "out_of_scope") if outcome else 0
    return {
        **{key: run.get(key) for key in ("run_id", "period", "started_at", "protocol", "site", "sessions", "status", "report")},
        "findings": sum(of["violation"] for of in verdicts.values()) if run.get("report") else None,
        "rate": outcome["compliant"] / in_scope if outcome and in_scope and run.get("report") else None,
        "gate": run["gate"]["status"],
        "gate_failed": list(run["gate"].get("failed") or []),
    }


def _periods(periods: Mapping[str, Sequence[Row]]) -> list[Row]:
    """The periods of one kind, the newest first, each with its protocols: the report that counts, and the runs behind it."""
    found: list[Row] = []
    ordered = sorted(periods, key=lambda period: (period[-10:], period), reverse=True)  # of a span of days its end decides
    for at, period in enumerate(ordered):
        protocols: list[Row] = []
        for name in dict.fromkeys(row["protocol"]["id"] for row in periods[period]):
            runs = [row for row in periods[period] if row["protocol"]["id"] == name]
            shown = _published(runs) or runs[0]
            before = next(
                filter(None, (_published(row for row in periods[each] if row["protocol"]["id"] == name) for each in ordered[at + 1 :])),
                None,
            )
            later = runs[: runs.index(shown)]
            protocols.append(
                {
                    "id": name,
                    "run": shown,
                    "before": before if _kind(period) in _KINDS and shown["report"] else None,
                    "stopped": later[0] if later else None,  # a newer run of the same period without a report
                    "others": [run for run in runs if run is not shown],
                }
            )
        found.append({"period": period, "protocols": protocols})
    return found


def _published(runs: Iterable[Row]) -> Row | None:
    """The newest of some runs that has a report."""
    return next((run for run in runs if run["report"]), None)


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
        "latest": line[-1] if line else None,
        "line": line,
        "rates": [row["rate"] for row in rated[-2:]],
        "spark": small_charts.sparkline([row["rate"] for row in rated]),
    }


def _kind(period: str) -> str:
    """Months with months, quarters with quarters."""
    return re.sub(r"\d", "0", period)
