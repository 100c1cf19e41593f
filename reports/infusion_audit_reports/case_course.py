"""What the timeline of a case sheet draws: the steps of a session as its dose course, by the clock of its start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from infusion_audit_reports import chains
from infusion_audit_reports.format import holds, plain
from infusion_audit_reports.summaries import Row
from infusion_audit_reports.timeline import Course


def course(
    told: Mapping[str, Sequence[Row]],
    session: Row,
    shift: timedelta,
    verdicts: Mapping[str, Row],
    *,
    rate_limits: Sequence[chains.Limit],
    cap: float | None,
) -> Course:
    """The course of one session.

    ``told`` holds the rows of its steps, ``shift`` is what the local clock showed beyond UTC at the start; ``rate_limits`` are in
    mg/kg/h and drawn only where rates are, ``cap`` is in mg/kg.
    """
    per_kg = session["weight_kg_low"] is not None
    until = session["ended_at_high"] or session["ended_at"]
    rates_per_kg = per_kg or any(row["is_per_kg"] for row in told["rate"])
    return Course(
        name="timeline",
        started=session["started_local"],
        ended=until + shift,
        rates=[_rate(row, session, until, shift) for row in told["rate"]],
        boluses=[_bolus(row, shift, verdicts.get("KD-01")) for row in told["bolus"]],
        demands=[_demand(row, shift, verdicts.get("KD-06")) for row in told["pca"] if row["delivered"]],
        doses=[_dose(row, session, until, shift) for row in told["dose"]],
        assessments=[_seen(row, shift) | {"words": f"{_kind(row)} {row['value'] or ''}"} for row in told["assessments"]],
        gaps=[_gap(row, shift) for row in told["gaps"]],
        abnormal=[_seen(row, shift) for row in told["abnormal_values"]],
        actions=[{"at": row["moment"] + shift, "words": _kind(row)} for row in told["actions"] if not row["natural_end"]],
        rate_limits=rate_limits if rates_per_kg else [],
        rate_unit="mg/kg/h" if rates_per_kg else "mg/h",
        dose_unit="mg/kg" if per_kg else "mg",
        cap=cap,
        over_cap=cap is not None and verdicts.get("KD-07", {}).get("verdict") == "violation",
    )


def _kind(row: Row) -> str:
    return row["kind"].replace("_", " ")


def _seen(row: Row, shift: timedelta) -> Row:
    return {"at": row["moment"] + shift, "domain": row["domain"], "words": _kind(row)}


def _gap(row: Row, shift: timedelta) -> Row:
    domain = row["requirement"] if row["requirement"] == "sedation" else "respiratory"
    words = f"{plain(round(row['gap_min'], 1))} min"
    return {"from": row["gap_from"] + shift, "to": row["gap_to"] + shift, "domain": domain, "words": words}


def _rate(row: Row, session: Row, until: datetime, shift: timedelta) -> Row:
    low, high = row["mg_per_h_low"], row["mg_per_h_high"]
    if session["weight_kg_low"] is not None:
        low = chains.quotient(low, session["weight_kg_high"])
        high = chains.quotient(high, session["weight_kg_low"])
    return {
        "from": row["started_at"] + shift,
        "to": (row["ended_at"] or until) + shift,
        "low": low,
        "high": high,
        "conversion": row["conversion"],
    }


def _bolus(row: Row, shift: timedelta, verdict: Row | None) -> Row:
    limit = None if verdict is None else (verdict["limit_low"], verdict["limit_high"], verdict["comparator"])
    given = chains.amount(row["mg_low"], row["mg_high"])
    conversion = row["conversion"]
    over = limit is not None and row["mg_per_kg"] is not None and not chains.meets(row, limit)
    words = f"{given} mg" + (f", {conversion.rpartition('= ')[2]}" if row["mg_per_kg"] is not None else "")
    return {"at": row["started_at"] + shift, "words": words, "conversion": conversion, "colour": "violation" if over else "compliant"}


def _demand(row: Row, shift: timedelta, verdict: Row | None) -> Row:
    limit = None if verdict is None else (verdict["limit_low"], verdict["limit_high"], verdict["comparator"])
    ends = [end for end in (row["demand_mg_low"], row["demand_mg_high"]) if end is not None]
    outside = limit is not None and any(not holds(end, *limit) for end in ends)
    return {
        "at": row["started_at"] + shift,
        "words": row["charted"] or "no readable amount",
        "colour": "violation" if outside else "compliant",
    }


def _dose(row: Row, session: Row, until: datetime, shift: timedelta) -> Row:
    low, high = row["mg_low"], row["mg_high"]
    if session["weight_kg_low"] is not None:
        low, high = chains.quotient(low, session["weight_kg_high"]), chains.quotient(high, session["weight_kg_low"])
    ended = row["ended_at"] or until
    return {"from": row["started_at"] + shift, "to": max(ended, row["started_at"]) + shift, "low": low, "high": high}
