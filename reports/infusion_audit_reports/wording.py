"""The words of the report: short codes in the data, sentences on the page.

A finding "does not meet a protocol statement"; whether that was right for the patient is for the reviewers to say.
"""

from __future__ import annotations

NOTE_OUTSIDE = "Retrospective quality tool. Not for decisions about a patient under treatment."
NOTE = f"{NOTE_OUTSIDE} Confidential peer-review material."

SEVERITIES = ("critical", "major", "minor", "info")

# kind -> (label, what it means); the order is the order of concern
KINDS: dict[str, tuple[str, str]] = {
    "contraindication": ("Contraindication", "treated although the protocol lists the condition as a contraindication"),
    "material": ("Material", "outside a dose limit by more than charting can explain"),
    "marginal": ("Marginal", "outside a dose limit, within the tolerance of charting (by default 2 %; totals 5 %)"),
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

# a whole session, by all statements of a protocol; None: a session that only one of two protocols puts together so
OUTCOMES: dict[str | None, str] = {
    "compliant": "Met every statement",
    "violation": "With a finding",
    "not_evaluable": "Undecided",
    "not_applicable": "Nothing applies",
    None: "Not a session there",
}

# why a row or cell was kept out, where the code alone says too little; why something could not be judged stands in its verdict
KEPT_OUT = {
    "after_extraction": "Later than the extract itself",
    "conflicting_rows": "One identity with different contents",
    "empty": "Empty, and must not be",
    "invalid_utf8": "Not UTF-8 text",
    "kind_not_used": "A kind of observation that no rule uses",
    "negative": "Below zero",
    "nonexistent_local_time": "A local time that the clocks skipped",
    "not_allowed": "Not one of the allowed words",
    "nul_byte": "Holds a NUL byte",
    "open_quote": "A quote that is never closed",
    "record_too_long": "Longer than a record can be",
    "spreadsheet_error": "What a spreadsheet shows where it could not work out a cell",
    "stray_carriage_return": "A line end inside a cell",
    "stray_quote": "A quote inside a cell",
    "too_few_cells": "Fewer cells than the header",
    "too_many_cells": "More cells than the header",
    "too_many_digits": "More digits than can be kept exactly",
}

CHECKS = {
    "kept_out_administration": "Administration rows kept out",
    "kept_out_observation": "Observation rows kept out",
    "kept_out_other": "Rows of other tables kept out",
    "volume_rows": "Number of rows in the latest month",
    "volume_treatments": "Number of treatments in the latest month",
}

FLAGS = {
    "abnormal_unknown": "Not known whether a value called for action",
    "action_not_covered": "Outside what the supplied interventions cover",
    "age_unknown": "Birth date unknown; judged as an adult",
    "bounds_straddle_limit": "The possible values lie on both sides of the limit",
    "concentration_conflict": "Concentrations disagree; both kept as bounds",
    "concentration_missing": "An amount in mL without a usable concentration",
    "context_assumed": "Context assumed by the protocol's default",
    "context_conflict": "Orders give different contexts",
    "context_unknown": "Chronic or postsurgical context not known",
    "delivery_unknown": "Not known whether a charted dose was delivered",
    "discharge_unknown": "Discharge not known",
    "discharged_early": "Discharged before the end of recovery",
    "dose_unknown": "The amount of a dose is not known",
    "dosing_weight_conflict": "Orders give different dosing weights; kept as bounds",
    "first_bolus_unknown": "Not certain which bolus was the first",
    "height_missing": "No height for the ideal weight",
    "height_unusable": "The height that takes precedence cannot be used",
    "inferred_bolus": "A short infusion at the start counted as a bolus",
    "late_entry": "A dose was entered more than two hours after it was given",
    "line_unknown": "Infusion line not identified",
    "lines_added": "Lines that ran together were added",
    "merged": "Pushes close together counted as one bolus",
    "no_assessment": "No assessment charted",
    "not_covered": "Outside what the supplied observations cover",
    "observation_kept_out": "An observation or intervention row that may belong to the session was kept out",
    "other_route_given": "The drug was also given by another route",
    "pca_delivery_unknown": "Not known whether a PCA demand was delivered",
    "pca_demand_unknown": "Only a PCA total is charted",
    "pca_total_conflict": "PCA count and charted total disagree",
    "possible_artefact": "A saturation below 50 % between normal ones",
    "pump_total_differs": "The pump's total and rate x time differ by more than 10 %",
    "pump_weight_assumed": "Pump weight taken from the order",
    "pump_weight_differs": "Pump weight differs from the reference weight by more than 5 %",
    "pump_weight_missing": "A dose or rate per kg without the pump's weight",
    "rate_judged_as_charted": "Rate per kg judged as charted",
    "rate_missing": "No readable rate",
    "row_kept_out": "A row that may belong to the session was kept out",
    "sex_unknown": "Sex unknown, so no ideal weight",
    "simultaneous_rows": "Several rates charted at one instant",
    "source_conflict": "Medication record and pump disagree about a push",
    "source_total_differs": "Pump and medication record differ by more than 10 % in what was infused",
    "stop_before_start": "Stop charted before the start",
    "stop_missing": "The end of an infusion is not charted",
    "stop_unknown": "The end of an infusion is not charted and nothing bounds it",
    "superseded": "A later row cut a charted stop short",
    "unit_unknown": "A missing or unknown unit",
    "verify_differs": "A verified rate differs from the running one",
    "weight_after_start": "Weight measured after the start",
    "weight_conflict": "Candidate weights disagree",
    "weight_differs": "Another charted weight differs by more than 10 %",
    "weight_ideal": "Judged per kilogram of ideal weight",
    "weight_lb_kg_suspected": "Weights look like a mix-up of lb and kg",
    "weight_method_unknown": "Not known whether the weight was measured",
    "weight_missing": "No usable weight",
    "weight_stated": "Weight stated, not measured",
    "weight_unusable": "The weight that takes precedence cannot be used",
    "weight_unusual": "Unusual weight",
}

SETTINGS = {
    "effective_from": "first day on which this version is in force",
    "effective_to": "last day on which this version is in force",
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
    "one_event_min": "abnormal values at most this many minutes apart are one event",
    "transient_min": "a normal repeat within this many minutes needs no action",
    "triggers": "values that call for action",
    "series_gap_d": "sessions at most this many days apart are one series",
    "series_review_d": "days between reviews in a long series",
    "elderly_age": "elderly patients are at least this old, years",
    "review_critical_d": "days until the review of a critical finding is overdue",
    "review_major_d": "days until the review of a major finding is overdue",
    "review_minor_d": "days until the review of a minor finding is overdue",
    "review_info_d": "days until the review of an info finding is overdue",
    "review_second": "severities that need two reviewers",
}

# what a session's whole dose is to the protocol's maximum, by its reading
TOTALS = {
    "session": "",
    "per_hour": "the protocol's maximum counts over any 60 minutes, not over this",
    "per_bolus": "the protocol's maximum counts for a single bolus, not over this",
    "rolling_24h": "the protocol's maximum counts over any 24 hours, also of other sessions",
}

# what a rule needs, by the input table or what is made from several
NEEDS = {
    "administration": "what was given (administration)",
    "condition": "diagnoses (condition)",
    "context": "chronic or postsurgical context (medication_order, procedure)",
    "encounter": "stays and discharges (encounter)",
    "intervention": "interventions (intervention)",
    "medication": "drug history (medication)",
    "observation": "assessments and measurements (observation)",
    "patient": "sex and birth date (patient)",
    "screening": "the pre-infusion checklist (screening)",
    "stock": "stock movements (stock)",
    "weight": "a weight (medication_order, observation)",
}

REVIEW_STATUS = {
    "open": "Open",
    "reopened": "Open again",
    "second_awaited": "Awaits second reviewer",
    "disagreement": "Reviewers disagree",
    "reviewed": "Reviewed",
}

REVIEW_CAUSES = {
    "data_error_remains": "called a data_error, and a later run still finds it",
    "waiver_expired": "the waiver has ended",
    "verdict_changed": "the grade is another than the one reviewed",
    "observed_changed": "the observed value is another than the one reviewed",
}

# disposition -> (what it says, what it does to the rates after review)
DISPOSITIONS = {
    "justified": ("outside the statement, and right for this patient", "left out, as an exception"),
    "unjustified": ("outside the statement, without a good reason", "stays a finding"),
    "data_error": (
        "the record is wrong; to be corrected at its source",
        "left out, as not judged; open again if a later run still finds it",
    ),
    "rule_error": ("the rule judged wrongly", "left out, as not judged"),
    "cannot_determine": ("the record does not tell", "stays a finding"),
}

REVIEW_PAST = {"closed": "Closed: corrected, no longer found", "gone": "No longer found"}


def humanise(code: str) -> str:
    """A short code as words, for codes that have no sentence of their own."""
    return code.replace("_", " ").strip().capitalize()


def lower_first(text: str) -> str:
    """A sentence's words inside another sentence; an abbreviation at its start stays as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def kind_label(code: str) -> str:
    """The name of a kind of finding."""
    return KINDS[code][0] if code in KINDS else humanise(code)


def kind_meaning(code: str) -> str:
    """What a kind of finding means."""
    return KINDS[code][1] if code in KINDS else ""


def kept_out(code: str) -> str:
    """Why a row or a cell was kept out."""
    return KEPT_OUT.get(code) or humanise(code)


def check(name: str) -> str:
    """A check of the gate; its severity stands beside it."""
    measure = name.removesuffix("_critical")
    return CHECKS.get(measure) or humanise(measure)


def flag(code: str) -> str:
    """A remark that travels with a session or a verdict."""
    return FLAGS.get(code) or humanise(code)


def need(code: str) -> str:
    """What data a rule needs."""
    return NEEDS.get(code) or humanise(code).lower()


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
