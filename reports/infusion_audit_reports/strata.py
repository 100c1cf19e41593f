"""The page on selection and series: sessions parted by what the source text says matters, each part with its rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infusion_audit_reports.statistics import completeness_bounds, wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.wording import humanise

UNKNOWN = "unknown"
FEW = 11  # a stratum with fewer sessions is not for readers outside the quality team


@dataclass(frozen=True)
class Stratifier:
    """One way to part the sessions; every session lies in exactly one stratum, and what is not known is a stratum of its own."""

    code: str
    kx: str
    title: str
    definition: str
    strata: Mapping[str, str]  # code -> label, in the order of the table
    levels: Mapping[str, str] = field(default_factory=dict[str, str])  # what the source text says of the evidence
    outcome: bool = True


STRATIFIERS = (
    Stratifier(
        "indication",
        "KX-01",
        "Indication",
        "The indication charted on the session's first order; without one, the first that a diagnosis names, in the order of this table.",
        {
            "crps": "Complex regional pain syndrome",
            "phantom_limb_pain": "Phantom limb pain",
            "postherpetic_neuralgia": "Postherpetic neuralgia",
            "fibromyalgia": "Fibromyalgia",
            "central_pain": "Central pain",
            "ischemic_pain": "Ischemic pain",
            "cancer_pain": "Cancer pain",
            "neuropathic_pain": "Other neuropathic pain",
            "nonspecific_neuropathic_pain": "Nonspecific neuropathic pain",
            "other": "Other pain",
            "postsurgical_pain": "Postsurgical pain",
        },
        {
            "crps": "relief in 69 % at once and 58 % at 1 to 3 months, self-controlled (lines 16, 17); epidural: level IV only (line 18)",
            "phantom_limb_pain": "objective evidence, parenteral or oral (line 13)",
            "postherpetic_neuralgia": "objective evidence, parenteral or oral (line 13)",
            "fibromyalgia": "level II; long-term infusions: case reports (lines 20, 21)",
            "central_pain": "level II and IV (line 23)",
            "ischemic_pain": "level II; dose dependent, narrow therapeutic window (line 24)",
            "neuropathic_pain": "moderate (line 12)",
            "nonspecific_neuropathic_pain": "divergent; long-term effect questionable (line 14)",
        },
    ),
    Stratifier(
        "elderly",
        "KX-02",
        "Age",
        "Age at the local date of the session's start; the protocol's setting elderly_age says from when a patient is elderly.",
        {"younger": "Younger", "elderly": "Elderly"},
    ),
    Stratifier(
        "dose_band",
        "KX-03",
        "Session total",
        "The session total as the protocol counts it, per kg of the reference weight. A total whose bounds lie in two bands is unknown.",
        {"to_0.5": "≤ 0.5 mg/kg", "0.5_to_1": "> 0.5 to 1 mg/kg", "1_to_2": "> 1 to 2 mg/kg", "over_2": "> 2 mg/kg"},
        outcome=False,
    ),
    Stratifier(
        "co_analgesia",
        "KX-04",
        "Other analgesics",
        "Analgesics given from 24 h before the start to 24 h after the end.",
        {
            "opioid_and_other": "Opioid and another class",
            "opioid_only": "Opioid alone",
            "other_only": "Another class, no opioid",
            "none": "None charted",
        },
    ),
    Stratifier(
        "opioid_change",
        "KX-05",
        "Opioid amount 30 days later",
        "Charted morphine milligram equivalents a day at the start and 30 days later. A change has many causes beside ketamine.",
        {"less": "Less", "same": "The same", "more": "More", "none": "No opioid at either time"},
    ),
    Stratifier(
        "series_number",
        "KX-06",
        "Number in the series",
        "Sessions of a patient that start at most series.gap_d days apart are one series. Sessions before the loaded data are not known.",
        {"first": "First", "2_to_5": "Second to fifth", "from_6": "Sixth and later"},
    ),
    Stratifier(
        "series_length",
        "KX-06",
        "Length of the series so far",
        "Days from the first session of the series to this one. The source text calls efficacy beyond 3 months poorly established.",
        {"to_90_d": "≤ 90 days", "over_90_d": "> 90 days"},
    ),
    Stratifier(
        "other_route",
        "KX-07",
        "Ketamine by another route",
        "The same drug given other than intravenously during the session or within the session gap of it. It is in no dose of this report.",
        {
            "none": "Intravenous only",
            "po": "By mouth",
            "in": "Intranasal",
            "im": "Intramuscular",
            "sc": "Subcutaneous",
            "epidural": "Epidural",
            "several": "Several other routes",
        },
        {"epidural": "level IV only, in complex regional pain syndrome (line 18)"},
    ),
)


def selection(data: Summaries, scored: Sequence[Row], *, from_seed: bool) -> Row:
    """Every stratifier with its strata, and every rule in each of them."""
    found: dict[str, dict[str, Row]] = {}
    for row in data.rows("strata"):
        found.setdefault(row["stratifier"], {})[row["stratum"]] = row
    verdicts: dict[tuple[str, str], dict[str, Row]] = {}
    for row in data.rows("strata_by_rule"):
        verdicts.setdefault((row["stratifier"], row["rule_id"]), {})[row["stratum"]] = row
    return {
        "sessions": sum(row["sessions"] for row in found.get("elderly", {}).values()),
        "stratifiers": [_stratifier(one, found.get(one.code, {}), verdicts, scored, from_seed) for one in STRATIFIERS],
        "rules": [rule for rule in scored if rule["family"] == "selection"],
        "classes": [row | {"label": humanise(row["drug_class"])} for row in data.rows("co_analgesic_classes")],
        "few": FEW,
    }


def _stratifier(
    one: Stratifier, found: Mapping[str, Row], verdicts: Mapping[tuple[str, str], Mapping[str, Row]], scored: Sequence[Row], from_seed: bool
) -> Row:
    order = [code for code in (*one.strata, *sorted(found.keys() - one.strata.keys() - {UNKNOWN})) if code in found]
    order += [UNKNOWN] if UNKNOWN in found else []
    labels = {**one.strata, UNKNOWN: "Not known"}
    return {
        "code": one.code.replace("_", "-"),
        "kx": one.kx,
        "title": one.title,
        "definition": one.definition,
        "levels": bool(one.levels) and from_seed,
        "outcome": one.outcome,
        "strata": [
            found[code]
            | {
                "label": labels.get(code, humanise(code)),
                "level": one.levels.get(code, "not rated"),
                "bounds": completeness_bounds(found[code]["responders"], found[code]["followed"], found[code]["eligible"]),
                "rate": wilson_95(found[code]["responders"], found[code]["followed"]),
            }
            for code in order
        ],
        "rules": [
            {
                "rule_id": rule["rule_id"],
                "slug": rule["slug"],
                "cells": _cells(verdicts.get((one.code, rule["rule_id"]), {}), order, labels),
            }
            for rule in scored
        ],
    }


def _cells(by_stratum: Mapping[str, Row], order: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The counts of one rule in each stratum, with the rate among those judged."""
    return [
        row | {"label": labels.get(code, humanise(code)), "rate": wilson_95(row["compliant"], row["compliant"] + row["violation"])}
        for code in order
        if (row := by_stratum.get(code))
    ]
