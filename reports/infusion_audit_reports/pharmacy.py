"""The page for pharmacy: doses to look at first, suspected slips, concentrations, weights and stock. A suspicion changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from infusion_audit_reports.doses import CONTEXTS
from infusion_audit_reports.format import allowed, measured, moment, plain, short
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Where

LEAST_SESSIONS = 30  # below it "usual here" says nothing
_SOURCES = 6  # source rows printed; outliers.csv has all of them

# suspicion -> (what was confused, the factor by which the charted value is off)
SLIPS: dict[str, tuple[str, Decimal | None]] = {
    "by_10": ("a decimal place", Decimal(10)),
    "by_60": ("per minute and per hour", Decimal(60)),
    "by_1000": ("mg and mcg", Decimal(1000)),
    "by_1000_60": ("mcg/kg/min and mg/kg/h", Decimal(1000) / 60),
    "by_weight": ("a dose per kg and a whole dose", None),
    "by_concentration": ("mL/h and mg/h", None),
}
KINDS = {
    "suspected_slip": "Suspected slip of unit",
    "outside_limit": "Outside the limit",
    "unusual_here": "Unusual here, inside the limit",
    "concentration_missing": "Volume without a usable concentration",
    "concentration_conflict": "Concentrations disagree",
    "concentration_unusual": "Concentration unlike the usual of the site",
    "weight_conflict": "Charted weights differ by more than 10 %",
    "pump_weight": "Pump weight differs by more than 5 %",
    "not_reconciled": "Ketamine not accounted for",
    "waste_not_witnessed": "Waste without a second person",
}
SECTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "dose",
        "Doses to look at",
        "Suspected slips first, then what lies furthest outside its limit, then doses inside the limits that are far from the usual here.",
    ),
    (
        "concentration",
        "Concentrations",
        "A volume without a concentration cannot be judged; a concentration that few sessions of the site share may be a slip.",
    ),
    (
        "weight",
        "Weights",
        "Another weight of the patient that differs from the one used. Every dose per kg hangs on which of them is right.",
    ),
    (
        "stock",
        "Stock that does not add up",
        "By patient and container, never by the person who handled it. Dispensed less given, wasted and returned.",
    ),
)


def pharmacy(data: Summaries, where: Where, rules: Sequence[Row]) -> Row:
    """The ranked worklist in its sections, each with its whole count beside what is shown."""
    if not data.has("outlier"):
        return {"stored": False}
    counts = {row["kind"]: row for row in data.rows("outlier_counts")}
    rows: dict[str, list[Row]] = {code: [] for code, *_ in SECTIONS}
    for row in data.rows("outliers"):
        rows[row["section"]].append(_row(row, where))
    kinds = {code: _kinds_of(code) for code, *_ in SECTIONS}
    return {
        "stored": True,
        "least": LEAST_SESSIONS,
        "counts": {kind: counts[kind]["found"] if kind in counts else 0 for kind in KINDS},
        "sections": [
            {
                "code": code,
                "title": title,
                "says": says,
                "rows": rows[code],
                "found": sum(counts[kind]["found"] for kind in kinds[code] if kind in counts),
                "kinds": [(KINDS[kind], counts[kind]["found"] if kind in counts else 0) for kind in kinds[code]],
                "judged": [rule for rule in rules if rule["rule_id"] in ("KR-01", "KR-02")] if code == "stock" else [],
            }
            for code, title, says in SECTIONS
        ],
        "slips": [(suspicion(row["suspicion"]), row["doses"]) for row in data.rows("slip_counts")],
        "concentrations": data.rows("concentrations"),
    }


def _kinds_of(section: str) -> list[str]:
    kinds = {
        "dose": ("suspected_slip", "outside_limit", "unusual_here"),
        "concentration": ("concentration_missing", "concentration_conflict", "concentration_unusual"),
        "weight": ("weight_conflict", "pump_weight"),
        "stock": ("not_reconciled", "waste_not_witnessed"),
    }
    return list(kinds[section])


def _row(row: Row, where: Where) -> Row:
    source: list[dict[str, Any]] = row["source"] or []
    return {
        "anchor": f"o-{row['place']}",
        "place": row["place"],
        "kind": row["kind"],
        "kind_label": KINDS[row["kind"]],
        "session_id": row["session_id"],
        "patient_id": row["patient_id"],
        "started": moment(row["started_local"]),
        "given": ", ".join(part for part in (row["site_id"], CONTEXTS.get(row["context"], row["context"])) if part),
        "rule_id": row["rule_id"],
        "severity": row["severity"] if row["is_finding"] else None,
        "observed": measured(row) if row["verdict"] and row["unit"] else "",
        "allowed": allowed(row["limit_low"], row["limit_high"], row["comparator"], row["unit"]) if row["unit"] else "",
        "undecided": row["verdict"] == "not_evaluable",
        "reason": row["reason"],
        "suspected": [explained for code in row["suspected"] or () if (explained := _explained(code, row))],
        "unusual": _unusual(row),
        "source": [f"{each['file']}:{each['line']}" for each in source[:_SOURCES]],
        "more_source": max(len(source) - _SOURCES, 0),
        "href": where.finding(row["session_id"], row["rule_id"]) if row["is_finding"] else None,
    }


def suspicion(code: str) -> str:
    """A slip in words: what may have been confused, and in which direction."""
    if code == "other_context":
        return "inside the range of the other context"
    direction, _, slip = code.partition("_")
    confused, factor = SLIPS[slip]
    sign = "÷" if direction == "divided" else "\N{MULTIPLICATION SIGN}"
    by = f" ({sign} {plain(round(factor, 2))})" if factor else ""
    return f"{confused} confused{by}" if slip != "by_10" else f"{confused} misplaced{by}"


def _explained(code: str, row: Row) -> str:
    """The slip, and the value as it would be without it, for the reader to compare with the record."""
    value = (
        row["observed"] if row["observed"] is not None else row["observed_low"] if row["observed_low"] is not None else row["observed_high"]
    )
    direction, _, slip = code.partition("_")
    if code == "other_context" or value is None:
        return suspicion(code)
    factor: Any = row["weight_kg"] if slip == "by_weight" else SLIPS[slip][1]
    if factor is None:
        return suspicion(code)
    other = Decimal(str(value)) / Decimal(factor) if direction == "divided" else Decimal(str(value)) * Decimal(factor)
    return f"{suspicion(code)}: would be {short(other)} {row['unit']}"


def _unusual(row: Row) -> str | None:
    if row["robust_score"] is None or not row["observed"]:
        return None
    times = row["observed"] / row["usual"]
    apart = f"{times:.1f} times" if times >= 1 else f"{times * 100:.0f} % of"
    usual = f"{short(row['usual'])} {row['unit']}, n = {row['usual_sessions']}"
    return f"{apart} the median here ({usual}); distance {abs(row['robust_score']):.1f}"
