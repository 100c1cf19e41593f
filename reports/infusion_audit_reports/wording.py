"""The words of the report: short codes in the data, sentences on the page.

A finding "does not meet a protocol statement"; whether that was right for the patient is for the reviewers to say.
"""

from __future__ import annotations

NOTE = "Retrospective quality tool. Not for decisions about a patient under treatment. Confidential peer-review material."

SEVERITIES = ("critical", "major", "minor", "info")

# kind -> (label, what it means); the order is the order of concern
KINDS: dict[str, tuple[str, str]] = {
    "contraindication": ("Contraindication", "treated although the protocol lists the condition as a contraindication"),
    "material": ("Material", "outside a dose limit by more than charting can explain"),
    "marginal": ("Marginal", "outside a dose limit, within the tolerance of charting (2 %; totals 5 %)"),
    "below_range": ("Below range", "less than the protocol's lower limit"),
    "documentation": ("Documentation", "an assessment that the protocol asks for is late or not charted"),
    "selection": ("Selection", "the pathway before or after treatment differs from the protocol"),
    "outcome": ("Outcome", "the result cannot be measured as the protocol asks"),
    "reconciliation": ("Reconciliation", "dispensed, given, wasted and returned amounts do not add up"),
}

VERDICTS = {
    "compliant": "Meets the statement",
    "violation": "Does not meet it",
    "not_evaluable": "Cannot be judged",
    "not_applicable": "Does not apply",
}

REASONS = {
    "age_below_scope": "Younger than the protocol's scope",
    "bounds_straddle_limit": "The possible values lie on both sides of the limit",
    "concentration_missing": "No usable concentration for an amount in mL",
    "context_unknown": "Chronic or postsurgical context not known",
    "dose_unknown": "The amount of a dose is not known",
    "not_covered": "Outside the time, kinds or departments that the observations cover",
    "pca_delivery_unknown": "Not known whether a PCA demand was delivered",
    "pca_demand_unknown": "Only a PCA total is charted",
    "pca_total_conflict": "PCA count and charted total disagree",
    "pump_weight_missing": "A dose per kg without the pump's weight",
    "rate_missing": "No readable rate",
    "row_kept_out": "A row that may belong to the session was kept out",
    "stop_unknown": "The end of an infusion is not charted",
    "unit_unknown": "A missing or unknown unit",
    "weight_missing": "No usable weight",
    "weight_unusable": "The weight that takes precedence cannot be used",
}

FLAGS = {
    "age_unknown": "Birth date unknown; judged as an adult",
    "concentration_conflict": "Concentrations disagree; both kept as bounds",
    "context_assumed": "Context assumed by the protocol's default",
    "context_conflict": "Orders give different contexts",
    "dosing_weight_conflict": "Orders give different dosing weights; kept as bounds",
    "inferred_bolus": "A short infusion at the start counted as a bolus",
    "line_unknown": "Infusion line not identified",
    "lines_added": "Lines that ran together were added",
    "merged": "Pushes close together counted as one bolus",
    "no_assessment": "No assessment charted",
    "pump_total_differs": "The pump's total and rate x time differ by more than 10 %",
    "pump_weight_assumed": "Pump weight taken from the order",
    "pump_weight_differs": "Pump weight differs from the reference weight by more than 5 %",
    "rate_judged_as_charted": "Rate per kg judged as charted",
    "simultaneous_rows": "Several rates charted at one instant",
    "source_conflict": "Medication record and pump disagree about a push",
    "stop_before_start": "Stop charted before the start",
    "stop_missing": "The end of an infusion is not charted",
    "superseded": "A later row cut a charted stop short",
    "verify_differs": "A verified rate differs from the running one",
    "weight_after_start": "Weight measured after the start",
    "weight_conflict": "Candidate weights disagree",
    "weight_lb_kg_suspected": "Weights look like a mix-up of lb and kg",
    "weight_method_unknown": "Not known whether the weight was measured",
    "weight_stated": "Weight stated, not measured",
    "weight_unusual": "Unusual weight",
}

SETTINGS = {
    "product": "product judged",
    "age_min": "youngest age judged, years",
    "session_gap_min": "minutes without a delivery that end a session",
    "bolus_apply_to": "boluses judged",
    "merge_window_min": "pushes at most this many minutes apart are one bolus",
    "inferred_max_min": "longest infusion that may count as a loading dose, min",
    "min_segment_min": "shortest segment held against a lower limit, min",
    "weight_basis": "weight used",
    "lookback_d": "oldest usable weight, days",
    "min_kg": "lowest usable weight, kg",
    "max_kg": "highest usable weight, kg",
    "postsurgical_window_h": "hours after surgery that count as postsurgical",
    "context_when_unknown": "context when nothing is charted",
    "total_interpretation": "reading of the total dose limit",
    "count_bolus": "boluses count in the total",
    "count_pca": "PCA counts in the total",
    "interval_min": "assessment interval, min",
    "grace_min": "grace on the interval, min",
    "phases": "intervals by phase",
    "baseline_min": "baseline assessment at most this long before the start, min",
    "recovery_min": "recovery assessments until this long after the end, min",
    "pause_exempt_min": "longer pauses do not count as a gap, min",
    "respiratory_any": "any respiratory measurement is enough",
    "respiratory_kinds": "respiratory measurements",
    "series_gap_d": "sessions at most this many days apart are one series",
    "series_review_d": "days between reviews in a long series",
}


def humanise(code: str) -> str:
    """A short code as words, for codes that have no sentence of their own."""
    return code.replace("_", " ").strip().capitalize()


def lower_first(text: str) -> str:
    """A sentence's words inside another sentence."""
    return text[:1].lower() + text[1:]


def kind_label(code: str) -> str:
    """The name of a kind of finding."""
    return KINDS[code][0] if code in KINDS else humanise(code)


def kind_meaning(code: str) -> str:
    """What a kind of finding means."""
    return KINDS[code][1] if code in KINDS else ""


def reason(code: str) -> str:
    """Why something could not be judged or was kept out."""
    return REASONS.get(code) or humanise(code)


def flag(code: str) -> str:
    """A remark that travels with a session or a verdict."""
    return FLAGS.get(code) or humanise(code)


def setting(code: str) -> str:
    """What a protocol setting means."""
    return SETTINGS.get(code) or humanise(code).lower()


def source_mark(source: str | None, seed_line: int | None) -> tuple[str, str]:
    """The class and the words of the mark that says where a number comes from; site policy never looks like the source text."""
    if source == "seed":
        return "seed", "Seed text" if seed_line is None else f"Seed text, line {seed_line}"
    if source == "interpretation":
        return "reading", "Reading of the seed" if seed_line is None else f"Reading of the seed, line {seed_line}"
    if source == "site_policy" or not source:
        return "policy", "Site policy"
    return "guideline", source
