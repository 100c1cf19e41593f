"""fhir/: every rule as a FHIR R4 Measure, and what this run found as a MeasureReport of counts (docs/exports.md).

initial-population   all sessions of the run
denominator          the same: every rule judges every session
denominator-exclusion   not_applicable
denominator-exception   not_evaluable: it could not be decided, and counts neither way
numerator            compliant
score                numerator / (denominator - exclusion - exception) = compliant / (compliant + violation)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infusion_audit import engine
from infusion_audit.judge import shipped_query
from infusion_audit.period import parse_period
from infusion_audit.review_tables import today

if TYPE_CHECKING:
    from infusion_audit.edition import Edition

Resource = dict[str, Any]
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_POPULATIONS = (
    ("initial-population", "Initial Population", "All sessions of the report period."),
    ("denominator", "Denominator", "The same as the initial population: the rule judges every session."),
    ("denominator-exclusion", "Denominator Exclusion", "Sessions that the statement does not concern (not_applicable)."),
    ("denominator-exception", "Denominator Exception", "Sessions that could not be decided (not_evaluable); they count neither way."),
    ("numerator", "Numerator", "Sessions that meet the statement (compliant)."),
)


def write(found: Edition, out: Path) -> Path:
    """Measure-RULE.json and MeasureReport-RULE.json of every rule of an edition."""
    folder = out / "fhir"
    folder.mkdir()
    period = _period(found)
    rules = engine.rows(found.connection, "select * from rule order by rule_id")
    counted = {row["rule_id"]: row for row in engine.rows(found.connection, shipped_query("summary_rule"))}
    for rule in rules:
        measure = _measure(rule, found.manifest)
        report = _report(measure, counted[rule["rule_id"]], found.manifest, period)
        for resource in (measure, report):
            file = folder / f"{resource['resourceType']}-{rule['rule_id']}.json"
            file.write_text(json.dumps(resource, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return folder


def _measure(rule: Mapping[str, Any], run: Mapping[str, Any]) -> Resource:
    its = run["protocol"]
    words = {
        "title": rule["title"],
        "description": rule["statement"],
        "rationale": rule["why"],
        "clinicalRecommendationStatement": rule["quote"] or rule["citation"],
    }
    return {
        "resourceType": "Measure",
        "id": rule["rule_id"],
        "url": f"urn:infusion-audit:protocol:{its['id']}:{rule['rule_id']}",
        "version": its["version"],
        "name": rule["rule_id"].replace("-", "_"),
        **{name: text for name, text in words.items() if text},
        "status": "active" if its.get("approved_by") else "draft",
        "scoring": _concept("measure-scoring", "proportion", "Proportion"),
        "type": [_concept("measure-type", "process", "Process")],
        "improvementNotation": _concept("measure-improvement-notation", "increase", "Increased score indicates improvement"),
        "group": [
            {
                "population": [
                    {
                        "code": _concept("measure-population", code, label),
                        "description": says,
                        "criteria": {"language": "text/plain", "expression": says},
                    }
                    for code, label, says in _POPULATIONS
                ]
            }
        ],
    }


def _report(measure: Resource, counts: Mapping[str, Any], run: Mapping[str, Any], period: Resource) -> Resource:
    judged = counts["compliant"] + counts["violation"]
    total = judged + counts["not_applicable"] + counts["not_evaluable"]
    numbers = (total, total, counts["not_applicable"], counts["not_evaluable"], counts["compliant"])
    group: Resource = {
        "population": [
            {"code": _concept("measure-population", code, label), "count": number}
            for (code, label, _), number in zip(_POPULATIONS, numbers, strict=True)
        ]
    }
    if judged:
        group["measureScore"] = {"value": round(counts["compliant"] / judged, 6)}
    return {
        "resourceType": "MeasureReport",
        "id": f"{run['run_id']}-{measure['id']}",
        "identifier": [{"system": "urn:infusion-audit:run", "value": f"{run['run_id']}/{measure['id']}"}],
        "status": "complete",
        "type": "summary",
        "measure": f"{measure['url']}|{measure['version']}",
        "date": run["finished_at"] or run["started_at"],
        **({"reporter": {"display": run["site"]}} if run.get("site") else {}),
        "period": period,
        "improvementNotation": measure["improvementNotation"],
        "group": [group],
    }


def _period(found: Edition) -> Resource:
    """The run's period; of all sessions, from the first to the last. De-identified, it is in years."""
    label = str(found.manifest["period"])
    if found.manifest["deidentified"]:
        first, _, last = label.partition("..")
        return {"start": first, "end": last or first} if label != "all" else _unknown("masked")
    if label != "all":
        period = parse_period(label, today())
        return {"start": str(period.first), "end": str(period.last)}
    (span,) = engine.rows(found.connection, "select min(local_date) as first, max(local_date) as last from session")
    return {"start": str(span["first"]), "end": str(span["last"])} if span["first"] else _unknown("not-applicable")


def _unknown(why: str) -> Resource:
    return {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": why}]}


def _concept(system: str, code: str, label: str) -> Resource:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code, "display": label}]}
