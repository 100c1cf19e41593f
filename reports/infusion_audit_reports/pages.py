"""What each page says, as plain data for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, cast

from infusion_audit_reports import charts, quality, trends, wording
from infusion_audit_reports.format import COMPARATORS, plain, statement
from infusion_audit_reports.reviews import after_review
from infusion_audit_reports.statistics import wilson_95
from infusion_audit_reports.summaries import Row, Summaries
from infusion_audit_reports.worklist import slug


class Statement(Protocol):
    """One statement of the source text and what became of it."""

    @property
    def lines(self) -> str: ...
    @property
    def statement(self) -> str: ...
    @property
    def became(self) -> Sequence[str]: ...
    @property
    def ids(self) -> Sequence[str]: ...
    @property
    def place(self) -> str: ...


def rules(data: Summaries) -> list[Row]:
    """Every rule with its counts, its rates and the mark of where its number comes from."""
    causes: dict[str, list[Row]] = {}
    for row in data.rows("not_evaluable_by_rule"):
        causes.setdefault(row["rule_id"], []).append(row)
    found = data.rows("scorecard")
    for rule in found:
        judged = rule["compliant"] + rule["violation"]
        mark, label = wording.source_mark(rule["source"], rule["seed_line"])
        rule |= {
            "slug": slug(rule["rule_id"]),
            "statement": statement(rule["statement"]),
            "n": judged,
            "rate": wilson_95(rule["compliant"], judged),
            "firm": rule["violation"] - rule["marginal"],
            "firm_rate": wilson_95(rule["compliant"], judged - rule["marginal"]),
            "applicable": judged + rule["not_evaluable"],
            "mark": mark,
            "mark_label": label,
            # the source text asks for regular assessment without a number; the interval is the site's
            "site_interval": mark == "seed" and rule["family"] == "monitoring" and rule["unit"] == "min",
            "causes": causes.get(rule["rule_id"], []),
        }
        rule |= after_review(rule)
    return found


def interval_text(setting: Mapping[str, Any]) -> str:
    """The assessment interval in force, in words."""
    if setting["phases"]:
        steps = [f"every {plain(phase['interval_min'])} min until {plain(phase['until_min'])} min" for phase in setting["phases"]]
        return ", ".join(steps) + f", plus {plain(setting['grace_min'])} min grace"
    return f"every {plain(setting['interval_min'])} min plus {plain(setting['grace_min'])} min grace"


def summary(data: Summaries, run: Mapping[str, Any], previous: Mapping[str, Any] | None, scored: Sequence[Row]) -> Row:
    """Is the protocol followed, where not, can the data be trusted, what changed."""
    months = data.rows("outcomes_by_month")
    outcome = {key: sum(row[key] for row in months) for key in ("sessions", "with_finding", "undecided", "compliant", "out_of_scope")}
    in_scope = outcome["sessions"] - outcome["out_of_scope"]
    severities = data.rows("severities")
    present = {row["kind"] for row in severities}
    # the four kinds that tell danger from paperwork are always shown, also at zero
    kinds = [kind for kind in wording.KINDS if kind in present | {"material", "marginal", "below_range", "documentation"}]
    kinds += sorted(present - set(wording.KINDS))
    by_kind = {row["kind"]: row for row in data.rows("sessions_by_kind")}
    drawn = (
        trends.compliance_trend(months),
        trends.findings_trend(months, data.rows("findings_by_month")),
        charts.total_doses(data.rows("totals")),
    )
    return {
        **outcome,
        "in_scope": in_scope,
        "rate": wilson_95(outcome["compliant"], in_scope),
        "findings": sum(row["findings"] for row in severities),
        "kinds": [
            {
                "code": kind,
                "slug": slug(kind),
                "label": wording.kind_label(kind),
                "meaning": wording.kind_meaning(kind),
                "findings": by_kind[kind]["findings"] if kind in by_kind else 0,
                "sessions": by_kind[kind]["sessions"] if kind in by_kind else 0,
            }
            for kind in kinds
        ],
        "matrix": _matrix(severities, kinds),
        "ranked": sorted((rule for rule in scored if rule["violation"]), key=_rank),
        "not_judged": list(run["protocol"].get("not_judged") or ()),
        "not_in_force": run["sessions_not_in_force"],
        "protocol_warnings": run["protocol_warnings"],
        "trust": quality.trust(run, scored, data.rows("inputs")),
        "changes": changes(run, previous) if previous else None,
        "charts": [chart for chart in drawn if chart],
    }


def _rank(rule: Row) -> tuple[int, int, str]:
    """Where to look first: the most severe statement, then the one with the most findings."""
    known = rule["severity"] in wording.SEVERITIES
    return wording.SEVERITIES.index(rule["severity"]) if known else len(wording.SEVERITIES), -rule["violation"], rule["rule_id"]


def _matrix(severities: Iterable[Row], kinds: Sequence[str]) -> list[Row]:
    number = {(row["severity"], row["kind"]): row["findings"] for row in severities}
    used = [severity for severity in wording.SEVERITIES if any(of == severity for of, _ in number)]
    return [{"severity": severity, "cells": [number.get((severity, kind), 0) for kind in kinds]} for severity in used]


def changes(run: Mapping[str, Any], previous: Mapping[str, Any]) -> Row:
    """The differences to the run before, rule by rule; counts and rates only, no test."""
    now, before = run["verdicts"], previous["verdicts"]
    rows: list[Row] = []
    for rule in sorted({*now, *before}):
        new, old = _findings(now.get(rule)), _findings(before.get(rule))
        if new != old:
            rows.append({"rule_id": rule, "before": old, "now": new, "rule_new": rule not in before, "rule_gone": rule not in now})
    rows.sort(key=lambda row: (-abs((row["now"][0] or 0) - (row["before"][0] or 0)), row["rule_id"]))
    return {
        "run_id": previous["run_id"],
        "period": previous["period"],
        "same_period": previous["period"] == run["period"],
        "same_protocol": previous["protocol"]["sha256"] == run["protocol"]["sha256"],
        "sessions": (previous["sessions"], run["sessions"]),
        "findings": (sum(_findings(of)[0] or 0 for of in before.values()), sum(_findings(of)[0] or 0 for of in now.values())),
        "rows": rows,
    }


def _findings(verdicts: Mapping[str, int] | None) -> tuple[int | None, float | None]:
    """The findings of a rule and their share of what was judged."""
    if verdicts is None:
        return None, None
    judged = verdicts["compliant"] + verdicts["violation"]
    return verdicts["violation"], verdicts["violation"] / judged if judged else None


def methods(data: Summaries, run: Mapping[str, Any], scored: Sequence[Row], trace: Sequence[Statement] = ()) -> Row:
    """Where every number comes from, and how it was reached."""
    setting = data.rows("settings")[0]
    judged = {rule["rule_id"]: rule["slug"] for rule in scored}
    return {
        "settings": [(code, wording.setting(code), _setting(value)) for code, value in setting.items()],
        "interval": interval_text(setting),
        "readings": _readings(data.rows("sensitivity")),
        "from_seed": any(rule["mark"] in ("seed", "reading") for rule in scored),
        "protocol": run["protocol"],
        "software": run["software"],
        "trace": [
            {
                "lines": one.lines.replace("-", " to "),
                "statement": one.statement,
                "became": ", ".join(one.became),
                "ids": [(each, _target(each, judged)) for each in one.ids],
                "place": one.place,
            }
            for one in trace
        ],
    }


def _target(one_id: str, judged: Mapping[str, str]) -> str:
    """Where the report shows an id; nowhere for a rule that is off in this protocol."""
    if one_id in judged:
        return f"rule-{judged[one_id].lower()}.html"
    return {"KX": "selection.html", "KB": "outcomes.html"}.get(one_id[:2], "")


def _entry(value: object) -> str:
    """One entry of a list: a word, or a phase or threshold with its parts."""
    if not isinstance(value, dict):
        return str(value)
    parts = cast("dict[str, Any]", value)
    if "kind" in parts:
        return f"{parts['kind']} {COMPARATORS[parts['comparator']]} {plain(parts['limit'])}"
    return f"every {plain(parts['interval_min'])} min until {plain(parts['until_min'])} min"


def _readings(rows: Sequence[Row]) -> list[Row]:
    """Each question that the source text leaves open, with its answers, the protocol's own first, and what each would find."""
    questions: dict[str, Row] = {}
    for row in rows:
        question = questions.setdefault(
            row["setting"], {"issue": row["issue"], "asks": row["question"], "setting": row["setting"], "answers": {}}
        )
        answer = question["answers"].setdefault(
            row["answer"], {"value": row["answer"], "meaning": row["meaning"], "is_chosen": row["is_chosen"], "rules": []}
        )
        answer["rules"].append(row | {"slug": slug(row["rule_id"])})
    return [question | {"answers": list(question["answers"].values())} for question in questions.values()]


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, date):
        return str(value or "open")
    if isinstance(value, list):
        return ", ".join(map(_entry, cast("list[object]", value))) or "none"
    return value if isinstance(value, str) else plain(value)
