"""The page on doses: each component against its limit, the session total, and how long maintenance takes to the cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, measured, moment, percent, plain, plural, short
from infusion_audit_reports.panels import Limit, Panel, Scale, histograms
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Where

CONTEXTS = {"chronic": "Chronic pain", "postsurgical": "After surgery", "unknown": "Context not known"}
# component -> (name, its rules: of rates the highest, then the lowest of the session)
COMPONENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "bolus": ("Bolus", ("KD-01",)),
    "maintenance": ("Maintenance in chronic pain", ("KD-02", "KD-03")),
    "postsurgical": ("Maintenance after surgery", ("KD-04", "KD-05")),
    "pca": ("PCA demand", ("KD-06",)),
    "total": ("Total", ("KD-07",)),
}
_CLASSES = (
    ("inside", "compliant", "Inside"),
    ("marginal", "marginal", "Marginal"),
    ("outside", "material", "Outside"),
    ("below_range", "below_range", "Below the range"),
)
_STEPS = 21


def doses(data: Summaries, where: Where, scored: Sequence[Row]) -> Row:
    """What was given of each component, held against the protocol, and the time to its cap."""
    shares = data.rows("dose_shares")
    spread = data.rows("dose_spread")
    quantiles = {(row["rule_id"], row["context"]): row for row in data.rows("dose_quantiles")}
    rules = {row["rule_id"]: row for row in scored}
    components = [_component(code, shares, spread, quantiles, rules) for code in COMPONENTS]
    shown = {rule_id for _, of in COMPONENTS.values() for rule_id in of}
    return {
        "components": [one for one in components if one],
        "others": _rows([row for row in shares if row["rule_id"] not in shown], quantiles),
        "made_of": [_made_of(row) for row in data.rows("dose_components")] if data.has("kd_session_dose") else [],
        "cap": _cap(data, rules, quantiles, where) if data.has("kd_session_dose") else None,
    }


def _component(
    code: str, shares: Sequence[Row], spread: Sequence[Row], quantiles: Mapping[tuple[str, str], Row], rules: Mapping[str, Row]
) -> Row | None:
    name, of = COMPONENTS[code]
    present = [rule_id for rule_id in of if rule_id in rules]
    if not present:
        return None
    rows = _rows([row for row in shares if row["rule_id"] in present], quantiles)
    return {
        "code": code,
        "name": name,
        "rows": rows,
        "rules": [rules[rule_id] for rule_id in present],
        "charts": [chart for rule_id in present if (chart := _chart(code, name, rules[rule_id], spread))],
    }


def _rows(shares: Sequence[Row], quantiles: Mapping[tuple[str, str], Row]) -> list[Row]:
    """One row per rule and context, with the share inside among those decided."""
    found: list[Row] = []
    for row in shares:
        decided = row["sessions"] - row["undecided"]
        numbers = quantiles.get((row["rule_id"], row["context"]))
        found.append(
            row
            | {
                "label": CONTEXTS.get(row["context"], row["context"]),
                "decided": decided,
                "rate": wilson_95(row["inside"], decided),
                "quantiles": [short(each) for each in numbers["quantiles"]] if numbers else None,
            }
        )
    return found


def _chart(code: str, name: str, rule: Row, spread: Sequence[Row]) -> Chart | None:
    """The distribution of one rule's doses, one panel for each context, with the limit as a line."""
    mine = [row for row in spread if row["rule_id"] == rule["rule_id"]]
    if not mine:
        return None
    step = mine[0]["step"]
    panels = [
        Panel(label, {(row["place"], row["class"]): row["sessions"] for row in mine if row["context"] == context})
        for context, label in CONTEXTS.items()
        if any(row["context"] == context for row in mine)
    ]
    limits = [
        Limit(float(limit) / step, f"{sign} {plain(limit)} {rule['unit']}")
        for limit, sign in ((rule["limit_low"], "≥"), (rule["limit_high"], "<" if rule["comparator"] == "lt" else "≤"))
        if limit is not None
    ]
    total = sum(panel.total for panel in panels)
    out = sum(row["sessions"] for row in mine if row["class"] != "inside")
    which = {"KD-02": "highest rate", "KD-04": "highest rate", "KD-03": "lowest rate", "KD-05": "lowest rate"}.get(rule["rule_id"])
    title = f"{name}: {which}" if which else name
    says = f"{count(out)} of {plural(total, 'session')} outside the limit (dashed line), {percent(out / total)}."
    scale = Scale(step, _STEPS, f"{rule['unit']}; the last bar holds everything above")
    return histograms(f"dose-{code}-{rule['rule_id'].lower()}", title, says, panels, scale, limits=limits, classes=_CLASSES)


def _made_of(row: Row) -> Row:
    total = row["bolus_mg"] + row["infusion_mg"] + row["pca_mg"] + row["pump_total_mg"]
    parts = [
        (part, row[f"with_{part}"], row[f"{part}_mg"] / total if total else None) for part in ("bolus", "infusion", "pca", "pump_total")
    ]
    return row | {"label": CONTEXTS.get(row["context"], row["context"]), "total_mg": total, "parts": parts}


def _cap(data: Summaries, rules: Mapping[str, Row], quantiles: Mapping[tuple[str, str], Row], where: Where) -> Row | None:
    """The minutes to the cap of the session total: by the protocol's numbers, at each session's own rate, and where it was crossed."""
    cap = next(iter(data.rows("dose_cap")), None)
    setting = data.rows("settings")[0]
    if not cap or setting["total_interpretation"] != "session":
        return None
    crossings = data.rows("cap_crossings")
    return {
        "cap": cap["cap"],
        "unit": cap["unit"],
        "table": minutes_to_cap(rules, quantiles, cap["cap"], count_bolus=bool(setting["count_bolus"])),
        "own": [row | {"label": CONTEXTS.get(row["context"], row["context"])} for row in data.rows("cap_at_own_rate")],
        "over": rules["KD-07"]["violation"],
        "timed": crossings[0]["timed"] if crossings else 0,
        "quantiles": crossings[0]["quantiles"] if crossings else None,
        "crossings": [
            row
            | {
                "started": moment(row["started_local"]),
                "total_text": measured(row),
                "context_label": CONTEXTS.get(row["context"], row["context"]),
                "href": where.finding(row["session_id"], row["rule_id"]),
            }
            for row in crossings
        ],
    }


def minutes_to_cap(
    rules: Mapping[str, Row], quantiles: Mapping[tuple[str, str], Row], cap: Any, *, count_bolus: bool
) -> list[dict[str, Any]]:
    """(cap - bolus) / rate for each rate that the protocol allows: without a bolus, after this site's median, after the largest allowed."""
    whole = Fraction(str(cap))
    allowed = rules["KD-01"]["limit_high"] if "KD-01" in rules and count_bolus else None
    table: list[dict[str, Any]] = []
    for context, ids in (("chronic", ("KD-03", "KD-02")), ("postsurgical", ("KD-05", "KD-04"))):
        usual = quantiles.get(("KD-01", context)) if count_bolus else None
        boluses = [("no bolus", Fraction(0))]
        if usual:
            boluses.append((f"this site's median bolus, {short(usual['quantiles'][2])} mg/kg", Fraction(str(usual["quantiles"][2]))))
        if allowed is not None:
            boluses.append((f"a bolus at the limit, {plain(allowed)} mg/kg", Fraction(str(allowed))))
        rates = [limit for rule_id in ids if rule_id in rules and (limit := rules[rule_id]["limit_low"] or rules[rule_id]["limit_high"])]
        table += [
            {
                "context": CONTEXTS[context],
                "rate": plain(rate),
                "cells": [(words, float(max(whole - given, Fraction(0)) * 60 / Fraction(str(rate)))) for words, given in boluses],
            }
            for rate in rates
        ]
    return table
