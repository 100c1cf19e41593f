"""The page on monitoring: when, where and in which hour of an infusion assessments come late, as shares of the time that was watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, measured, measured_min, moment, percent, plain, plural
from infusion_audit_reports.panels import Limit, Panel, Scale, histograms
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Where

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PHASES = {1: "First hour", 2: "Second hour", 3: "Third hour", 4: "Later"}
REQUIREMENTS = {
    "sedation": "Sedation",
    "respiratory": "Respiratory status",
    "respiratory_rate": "Respiratory rate",
    "spo2": "Oxygen saturation",
    "etco2": "End-tidal CO2",
}
LEAST_HOURS = 1  # with less time watched, a share of it is not shown
_SHADES = (0.0, 0.02, 0.05, 0.10, 0.20)  # a share above each of these is one shade darker
_STEP_MIN, _STEPS = 5, 25


def monitoring(data: Summaries, where: Where, rules: Sequence[Row]) -> Row:
    """Time overdue by weekday and hour, by hour of the infusion and by department; the gaps; and abnormal values nobody acted on."""
    stored = data.has("km_cell")
    judged = {rule["rule_id"]: rule for rule in rules if rule["family"] == "monitoring"}
    cells = data.rows("monitoring_cells") if stored else []
    phases = data.rows("monitoring_phases") if stored else []
    gaps = data.rows("monitoring_gaps") if stored else []
    allowed = {rule_id: rule["limit_high"] for rule_id, rule in judged.items()}
    setting = data.rows("settings")[0]
    limit = None if setting["phases"] else float(setting["interval_min"] + setting["grace_min"])
    names = list(dict.fromkeys(row["requirement"] for row in cells))
    return {
        "stored": stored,
        "rules": list(judged.values()),
        "allowed": allowed,
        "limit": limit,
        "requirements": [_requirement(name, cells, phases, gaps, judged, limit) for name in names],
        "departments": _departments(data.rows("monitoring_departments"), judged) if stored else [],
        "longest": [_longest(row, where) for row in data.rows("longest_gaps")] if stored else [],
        "triggers": data.rows("triggers"),
        "not_acted": [
            row
            | {
                "started": moment(row["started_local"]),
                "after": measured(row) if row["observed"] is not None else "nothing charted in time",
                "href": where.finding(row["session_id"], row["rule_id"]),
            }
            for row in data.rows("triggers_not_acted_on")
        ],
        "others": [rule for rule_id, rule in judged.items() if rule_id not in ("KM-01", "KM-02", "KM-04", "KM-05")],
        "least_hours": LEAST_HOURS,
    }


def _requirement(
    name: str, cells: Iterable[Row], phases: Iterable[Row], gaps: Iterable[Row], judged: Mapping[str, Row], limit: float | None
) -> Row:
    mine = [row for row in cells if row["requirement"] == name]
    rule = judged[mine[0]["rule_id"]]
    total = _sum(mine)
    return {
        "code": name,
        "label": REQUIREMENTS.get(name, name),
        "rule": rule,
        "total": total,
        "grid": [
            {
                "day": day,
                "cells": [_sum([row for row in mine if row["weekday"] == number and row["hour_of_day"] == hour]) for hour in range(24)],
                "all": _sum([row for row in mine if row["weekday"] == number]),
            }
            for number, day in enumerate(DAYS)
        ],
        "hours": [(hour, _sum([row for row in mine if row["hour_of_day"] == hour])) for hour in range(24)],
        "worst": _worst(mine),
        "phases": [
            row | {"label": PHASES[row["phase_no"]]} | _share(row["watched_h"], row["overdue_h"])
            for row in phases
            if row["requirement"] == name
        ],
        "gaps": _gaps(name, [row for row in gaps if row["requirement"] == name], limit),
    }


def _sum(rows: Sequence[Row]) -> dict[str, Any]:
    watched, overdue = sum(row["watched_h"] for row in rows), sum(row["overdue_h"] for row in rows)
    return {"watched_h": watched, "overdue_h": overdue, "late_gaps": int(sum(row["late_gaps"] for row in rows))} | _share(watched, overdue)


def _share(watched: float, overdue: float) -> dict[str, Any]:
    """The share of the watched time that was overdue, and the shade that shows it; none where hardly any time was watched."""
    share = overdue / watched if watched >= LEAST_HOURS else None
    shade = "none" if share is None else f"s{sum(share > edge for edge in _SHADES)}"
    return {"share": share, "shade": shade}


def _worst(rows: Sequence[Row]) -> list[Row]:
    """The hours of the week with the largest share overdue among those with enough time watched."""
    by_hour: list[Row] = [
        {"day": DAYS[weekday], "hour": hour} | _sum([row for row in rows if row["weekday"] == weekday and row["hour_of_day"] == hour])
        for weekday in range(7)
        for hour in range(24)
    ]
    found = [one for one in by_hour if one["share"]]
    return sorted(found, key=lambda one: (-one["share"], -one["overdue_h"]))[:3]


def _gaps(name: str, rows: Sequence[Row], limit: float | None) -> Chart | None:
    if not rows:
        return None
    bars: dict[tuple[int, str], int] = {}
    for row in rows:
        bars[row["step"], "timely"] = int(row["gaps"] - row["late_gaps"])
        bars[row["step"], "late"] = int(row["late_gaps"])
    bars = {place: number for place, number in bars.items() if number}
    total, late = sum(row["gaps"] for row in rows), sum(row["late_gaps"] for row in rows)
    title = f"{REQUIREMENTS.get(name, name)}: time from one assessment to the next"
    says = f"{count(int(late))} of {plural(int(total), 'gap')} ({percent(late / total)}) longer than the interval with its grace."
    lines = [Limit(limit / _STEP_MIN, f"≤ {plain(limit)} min")] if limit else []
    scale = Scale(_STEP_MIN, _STEPS, "minutes; the last bar holds everything above 2 hours", every=3, counted="gaps")
    classes = (("timely", "compliant", "In time"), ("late", "documentation", "Late"))
    return histograms(f"gaps-{name}", title, says, [Panel("All gaps", bars)], scale, limits=lines, classes=classes)


def _departments(rows: Sequence[Row], judged: Mapping[str, Row]) -> list[Row]:
    """One table for each rule: departments with the share of sessions that meet it, and the time overdue."""
    return [
        {
            "rule": rule,
            "has_time": rule_id in ("KM-01", "KM-02"),
            "rows": [
                row
                | {"label": row["department"] or "Not charted", "n": row["compliant"] + row["violation"]}
                | {"rate": wilson_95(row["violation"], row["compliant"] + row["violation"])}
                | (_share(row["watched_h"], row["overdue_h"]) if row["watched_h"] is not None else {"share": None, "shade": "none"})
                for row in rows
                if row["rule_id"] == rule_id
            ],
        }
        for rule_id, rule in judged.items()
        if any(row["rule_id"] == rule_id for row in rows)
    ]


def _longest(row: Row, where: Where) -> Row:
    def edge(file: str | None, line: int | None, otherwise: str) -> str:
        if file is None:
            return otherwise
        return f"{file}:{line}" if file else "an assessment"  # a de-identified copy names no file

    return row | {
        "label": REQUIREMENTS.get(row["requirement"], row["requirement"]),
        "gap": measured_min(row["gap_min"], row["allowed_min"]),
        "from": moment(row["gap_from_local"]),
        "to": _until(row["gap_from_local"], row["gap_to_local"]),
        "before": edge(row["from_file"], row["from_line"], "start of the session"),
        "after": edge(row["to_file"], row["to_line"], "end of the session"),
        "href": where.finding(row["session_id"], row["rule_id"]),
    }


def _until(begun: datetime, ended: datetime) -> str:
    """The end of a gap: its day where that is another one, its second where it matters."""
    day = "" if ended.date() == begun.date() else "%Y-%m-%d "
    return ended.strftime(f"{day}%H:%M{':%S' if ended.second else ''}")
