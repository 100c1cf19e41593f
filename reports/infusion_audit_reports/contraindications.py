"""The page on contraindications: who was screened, what was present or possible, which evidence says so, and where evidence disagrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from infusion_audit_reports.doses import CONTEXTS
from infusion_audit_reports.format import moment
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import Where

EVIDENCE = {"by_code": "diagnosis", "by_reading": "measurement", "by_form": "checklist"}
_POSITIVE = {"by_code": "certain", "by_reading": "certain", "by_form": "yes"}
_OPEN = ("possible", "undecided")


def contraindications(data: Summaries, where: Where, rules: Sequence[Row]) -> Row:
    """One row per contraindication, then the sessions."""
    judged = [rule for rule in rules if rule["family"] == "contraindication"]
    if not data.has("kc_evidence"):
        return {"stored": False, "rules": [], "asked": judged, "present": [], "possible": []}
    evidence = data.rows("contraindication_evidence")
    listed = [_session(row, where) for row in data.rows("contraindication_sessions")]
    found = {rule["rule_id"]: [row for row in evidence if row["rule_id"] == rule["rule_id"]] for rule in judged}
    rows = [_rule(rule, found[rule["rule_id"]]) for rule in judged if found[rule["rule_id"]]]
    titles = {rule["rule_id"]: rule["title"] for rule in judged}
    return {
        "stored": True,
        "rules": rows,
        "asked": [rule for rule in judged if not found[rule["rule_id"]]],  # KC-10, KC-12: whether somebody looked
        "present": [row | {"title": titles[row["rule_id"]]} for row in listed if row["verdict"] == "violation"],
        "possible": [row | {"title": titles[row["rule_id"]]} for row in listed if row["verdict"] == "not_evaluable"],
        "present_total": sum(rule["present"] for rule in rows),
        "possible_total": sum(rule["possible"] for rule in rows),
        "conflicts_total": sum(rule["conflicts"] for rule in rows),
    }


def _rule(rule: Row, rows: Sequence[Row]) -> Row:
    concerned = [row for row in rows if row["verdict"] != "not_applicable"]

    def number(wanted: Callable[[Row], bool]) -> int:
        return sum(row["sessions"] for row in concerned if wanted(row))

    kinds: Counter[str] = Counter()
    for row in concerned:
        if row["verdict"] == "violation":
            for column, word in EVIDENCE.items():
                if row[column] == _POSITIVE[column]:
                    kinds[word] += row["sessions"]
    return {
        "rule": rule,
        "concerned": number(lambda _: True),
        "present": number(lambda row: row["verdict"] == "violation"),
        "possible": number(lambda row: row["verdict"] == "not_evaluable" and _is_open(row)),
        "unknown": number(lambda row: row["verdict"] == "not_evaluable" and not _is_open(row)),
        "absent": number(lambda row: row["verdict"] == "compliant"),
        "has_form": any(row["by_form"] != "none" for row in rows) or rule["rule_id"] != "KC-07",
        "screened": number(lambda row: row["by_form"] in ("yes", "no")),
        "old": number(lambda row: row["by_form"] in ("yes", "no") and bool(row["form_old"])),
        "measured": number(lambda row: row["by_reading"] != "none"),
        "covered": number(lambda row: row["by_code"] != "not_covered"),
        "conflicts": number(lambda row: bool(row["form_conflict"])),
        "denied": number(lambda row: bool(row["form_conflict"]) and row["by_form"] == "no"),
        "kinds": [(word, kinds[word]) for word in EVIDENCE.values() if kinds[word]],
    }


def _is_open(row: Row) -> bool:
    return row["by_code"] in (*_OPEN, "certain") or row["by_reading"] in (*_OPEN, "certain") or row["by_form"] == "yes"


def _session(row: Row, where: Where) -> Row:
    says = [word for column, word in EVIDENCE.items() if row[column] == _POSITIVE[column]]
    doubt = [f"{word} ({row[column]})" for column, word in EVIDENCE.items() if column != "by_form" and row[column] in _OPEN]
    return row | {
        "started": moment(row["started_local"]),
        "context_label": CONTEXTS.get(row["context"], row["context"]),
        "evidence": ", ".join(says or doubt),
        "href": where.finding(row["session_id"], row["rule_id"]) if row["verdict"] == "violation" else None,
    }
