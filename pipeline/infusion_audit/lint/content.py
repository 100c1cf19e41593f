"""Lint: what the rule files, code sets, scales and benchmarks say, and what they leave open."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infusion_audit.protocol.problem import Problem

if TYPE_CHECKING:
    from infusion_audit.lint import Subject

Code = dict[str, str]

# What rules need that is not a table but is made from some.
_DERIVED = {"weight", "context", "series"}
# The scales that each rule on abnormal values reads, and which way they move as the patient gets worse.
_SCALES = {
    "KM-04": {"rass": "falls", "poss": "rises", "ramsay": "rises", "moaas": "falls", "aldrete_consciousness": "falls"},
    "KM-05": {"respiratory_rate": "falls", "spo2": "falls", "etco2": "rises"},
}
_FORMS = {
    "icd10cm": r"[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
    "snomed": r"[1-9]\d{5,17}",
}
# Two or three words of each scale's own descriptions are enough to know them by.
_SCALE_WORDING = r"easily arous|drifts off to sleep|pulls or removes|overtly combative|responds? only after mild prodding"


def pl07_rule_says_whom_it_concerns(subject: Subject) -> Iterator[Problem]:
    """A rule that does not say whom it concerns or what it cannot decide."""
    for rule_id, rule in subject.protocol.rules.items():
        text = subject.book.get(rule_id) if rule.enabled else None
        missing = [key for key in ("population", "limitations") if text and not getattr(text, key).strip()]
        if text and missing:
            todo = f"Write it into the header of {text.path.name}."
            yield Problem("PL-07", f"rules.{rule_id}", f"its file does not state {' and '.join(missing)}", todo)


def pl08_rule_needs_what_no_table_holds(subject: Subject) -> Iterator[Problem]:
    """A rule that needs data that no input table provides."""
    from infusion_audit_schemas import dictionary

    provided = {str(each["table"]) for each in dictionary()} | _DERIVED
    for rule_id, rule in subject.protocol.rules.items():
        text = subject.book.get(rule_id) if rule.enabled else None
        unknown = [need for need in text.needs if need.split(".")[0] not in provided] if text else []
        if text and (unknown or not text.needs):
            what = f"needs {', '.join(unknown)}, which no input table provides" if unknown else "does not say what it needs"
            yield Problem("PL-08", f"rules.{rule_id}", what, f"Switch the rule off, or correct needs in {text.path.name}.")


def pl10_code_sets(subject: Subject) -> Iterator[Problem]:
    """A code set with a malformed or repeated code, or with rows that cancel out."""
    todo = "Correct the row; which codes are valid in a release is checked when the code sets are made."
    rows = subject.codes
    for at, row in rows:
        form = _FORMS.get(row["system"])
        if form is None or not re.fullmatch(form, row["code"]):
            what = f"{_named(row)} is no code of {row['system'] or 'a named system'}"
            yield Problem("PL-10", f"codesets.csv, line {at}", what, todo)
    same = Counter((row["code_set"], row["system"], row["code"], row["match"], row["strength"]) for _, row in rows)
    for (code_set, _, code, *_), count in same.items():
        if count > 1:
            yield Problem("PL-10", "codesets.csv", f"{code_set} {code} stands there {count} times", todo)
    exclusions = [each for each in rows if each[1]["strength"] == "exclude"]
    for at, row in rows:
        if row["strength"] != "exclude" and (by := next((each for each in exclusions if _cancels(each[1], row)), None)):
            what = f"{_named(row)} ({row['strength']}) is cancelled by the exclusion of {by[1]['code']} in line {by[0]}"
            yield Problem("PL-10", f"codesets.csv, line {at}", what, todo)


def _named(row: Code) -> str:
    return f"{row['code_set']} {row['code']}"


def _cancels(exclusion: Code, row: Code) -> bool:
    """Whether an exclusion takes away everything that a row includes."""
    if any(exclusion[key] != row[key] for key in ("code_set", "system")):
        return False
    whole = exclusion["match"] != "exact"
    return row["code"].startswith(exclusion["code"]) if whole else row["match"] == "exact" and row["code"] == exclusion["code"]


def read_codes(file: Path) -> Sequence[tuple[int, Code]]:
    """The rows of the shipped code sets with their lines."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as text:
        return [(at, {key: value or "" for key, value in row.items()}) for at, row in enumerate(csv.DictReader(text), start=2)]


def pl19_benchmark_is_complete(subject: Subject) -> Iterator[Problem]:
    """A benchmark without population, design, window, interval or responder definition."""
    for benchmark_id, benchmark in subject.protocol.benchmarks.items():
        missing = [name for name in ("population", "design", "window", "interval") if not getattr(benchmark, name)]
        if benchmark.unit == "%" and not benchmark.responder_definition:
            missing.append("responder_definition")
        if missing:
            todo = "State it from the source, or leave the figure out; the report prints it as not stated."
            yield Problem("PL-19", f"benchmarks.{benchmark_id}", f"does not state {', '.join(missing)}", todo)


def pl26_scales(subject: Subject) -> Iterator[Problem]:
    """A scale without direction or trigger: which value calls for action, and on which side of it the danger lies."""
    protocol = subject.protocol
    triggers: Any = getattr(protocol.monitoring, "triggers", None)
    for rule_id, scales in _SCALES.items() if triggers else ():
        rule = protocol.rules.get(rule_id)
        unstated = [kind for kind in scales if kind not in triggers.model_fields_set]
        if rule and rule.enabled and unstated:
            todo = "State it, as the hospital's policy: the value from which on somebody must act."
            yield Problem("PL-26", "monitoring.triggers", f"{rule_id} is on, and no trigger is stated for {', '.join(unstated)}", todo)
        for kind, worse in scales.items():
            guards = "falls" if getattr(triggers, kind).comparator in ("lt", "le") else "rises"
            if guards != worse:
                what = f"calls for action when {kind} {guards}; it {worse} as the patient gets worse"
                yield Problem("PL-26", f"monitoring.triggers.{kind}", what, "Turn the comparator round.")


def pl27_licensed_text(subject: Subject) -> Iterator[Problem]:
    """Text under a licence: SNOMED CT, CPT, or the wording of a scale."""
    todo = "Leave it out of the file; a site that has the licence keeps its own map."
    for number, line in enumerate(subject.protocol.text.splitlines(), start=1):
        for what, pattern in (
            ("a CPT code", r"\bCPT\b\W*\d{4}[0-9A-Z]\b"),
            ("a SNOMED CT code", r"\bSNOMED\b[^\n]{0,20}?\b\d{6,18}\b"),
            ("the wording of a scale", _SCALE_WORDING),
        ):
            if re.search(pattern, line, re.IGNORECASE):
                yield Problem("PL-27", "", f"holds {what}, which may not be passed on without a licence", todo, line=number)
    licensed = [row for _, row in subject.codes if row["system"].lower().startswith(("snomed", "cpt"))]
    if licensed:
        what = f"{len(licensed)} rows of {', '.join(sorted({row['system'] for row in licensed}))} need a licence to be passed on"
        yield Problem("PL-27", "codesets.csv", what, todo)
