"""Two protocols over the same sessions: a page that sets their verdicts side by side and never mixes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from infusion_audit_reports import wording
from infusion_audit_reports.format import statement
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import slug


def side_by_side(data: Summaries, run: Mapping[str, Any]) -> Row:
    """The cross table of all sessions, and for every rule of either protocol both statements with both counts."""
    rows = data.rows("side_by_side")
    return {
        "here": run["protocol"],
        "there": run["alongside"]["protocol"],
        # both reports lie in the folder of all runs
        "report": f"../../{run['alongside']['report']}" if run["alongside"]["report"] else None,
        "verdicts": list(wording.VERDICTS.items()),
        "outcome": _cross([row for row in rows if row["rule_id"] is None]),
        "rules": [_rule(rule, list(of)) for rule, of in groupby((row for row in rows if row["rule_id"]), key=lambda row: row["rule_id"])],
    }


def _rule(rule_id: str, rows: list[Row]) -> Row:
    judged_by_both = [row for row in rows if row["verdict"] and row["other_verdict"]]
    first = rows[0]
    return {
        "rule_id": rule_id,
        "slug": slug(rule_id),
        "title": first["title"],
        "statement": statement(first["statement"]) if first["statement"] else None,
        "other_statement": statement(first["other_statement"]) if first["other_statement"] else None,
        "here": _counts(rows, "verdict"),
        "there": _counts(rows, "other_verdict"),
        "differ": sum(row["sessions"] for row in judged_by_both if row["verdict"] != row["other_verdict"]) if judged_by_both else None,
    }


def _counts(rows: Iterable[Row], side: str) -> dict[str, int]:
    counts = dict.fromkeys(wording.VERDICTS, 0)
    for row in rows:
        if row[side]:
            counts[row[side]] += row["sessions"]
    return counts


def _cross(rows: list[Row]) -> Row:
    """Sessions by their outcome here and there; None stands for a session that the other protocol puts together differently."""
    number = {(row["verdict"], row["other_verdict"]): row["sessions"] for row in rows}
    unmatched = any(None in pair for pair in number)
    codes = [*wording.VERDICTS, *([None] if unmatched else [])]
    label = wording.OUTCOMES
    return {
        "columns": [label[code] for code in codes],
        "rows": [
            {"label": label[code], "code": code, "cells": [(number.get((code, other), 0), code == other) for other in codes]}
            for code in codes
        ],
        "differ": sum(count for (here, there), count in number.items() if here != there),
        "total": sum(number.values()),
    }
