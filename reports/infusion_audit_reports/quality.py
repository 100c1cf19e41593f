"""Can the data be trusted: the answer in one word, and in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infusion_audit_reports import wording
from infusion_audit_reports.summaries import Row, Summaries

NOT_EVALUABLE_BANNER = 0.10


def trust(run: Mapping[str, Any], scored: Sequence[Row], inputs: Sequence[Row]) -> Row:
    """Can the data be trusted: the gate, the rows kept out, and how much could not be judged."""
    gate = run["gate"]["status"]
    applicable = sum(rule["applicable"] for rule in scored)
    undecided = sum(rule["not_evaluable"] for rule in scored)
    share = undecided / applicable if applicable else None
    too_many = share is not None and share > NOT_EVALUABLE_BANNER
    received, kept_out = sum(row["received"] for row in inputs), sum(row["quarantined"] for row in inputs)
    unbalanced = [row for row in inputs if row["received"] != row["loaded"] + row["quarantined"] + row["duplicates"]]
    if gate == "skipped":
        answer = "Not checked"
    elif gate == "failed" or unbalanced:
        answer = "No"
    else:
        answer = "With care" if gate == "warned" or too_many else "Yes"
    return {
        "answer": answer,
        "gate": gate,
        "gate_failed": list(run["gate"].get("failed") or []),
        "received": received,
        "kept_out": kept_out,
        "kept_out_share": kept_out / received if received else None,
        "applicable": applicable,
        "undecided": undecided,
        "undecided_share": share,
        "too_many_undecided": too_many,
        "unbalanced": len(unbalanced),
    }


def data_quality(data: Summaries, run: Mapping[str, Any], scored: Sequence[Row]) -> Row:
    """Whether the data can be trusted, in full."""
    inputs = data.rows("inputs")
    tables: dict[str, Row] = {}
    for row in inputs:
        table = tables.setdefault(
            row["table_name"], {"table": row["table_name"], "files": 0, "received": 0, "loaded": 0, "quarantined": 0, "duplicates": 0}
        )
        table["files"] += 1
        for key in ("received", "loaded", "quarantined", "duplicates"):
            table[key] += row[key]
    return {
        "trust": trust(run, scored, inputs),
        "gate_checks": data.rows("gate"),
        "tables": list(tables.values()),
        "inputs": inputs,
        "quarantine": [{**row, "reason": wording.kept_out(row["reason"])} for row in data.rows("quarantine")],
        "unknown_columns": data.rows("unknown_columns"),
        "source_notices": list(run.get("source_notices") or ()),
        "excluded": list(run.get("excluded") or ()),
        "not_evaluable": data.rows("not_evaluable"),
        "flags": [{**row, "flag": wording.flag(row["flag"])} for row in data.rows("flags")],
    }
