"""The page on outcomes: how complete the measurements are, what changed, and what a published figure may stand beside."""

from __future__ import annotations

from typing import Any

from infusion_audit_reports import benchmark_charts
from infusion_audit_reports.statistics import LEAST_COMPLETENESS, completeness_bounds, wilson_95
from infusion_audit_reports.summaries import Row, Summaries

UNCONTROLLED = "Uncontrolled audit data. No comparison here shows that ketamine did or did not cause a change."
WINDOWS = {
    "immediate": ("Immediate", "after the end, up to 24 h"),
    "weeks": ("2 weeks", "48 h to 14 days after the end"),
    "months": ("1 to 3 months", "30 to 90 days after the end"),
}
# The source text's own limits (lines 47 to 52), in other words.
LIMITATIONS = (
    "The studies behind the text differ widely from one another (line 48).",
    "Most of them are small (line 49).",
    "Few followed their patients for long (line 50).",
    "Many are at high risk of bias (line 51).",
    "Larger studies at several centres with longer follow-up are still needed to say whom to treat and how (line 52).",
)
MEASURES = {
    "between_groups": "difference between two groups; an audit has no comparison group",
    "trial_arm": "one arm of trials; not a figure before and after",
    "self_controlled": "patients compared with themselves, without a comparison group",
}


def outcomes(data: Summaries, *, from_seed: bool) -> Row:
    """Completeness first, then change and responders on one session a patient, then the published figures."""
    found = {(row["unit"], row["window_code"]): row for row in data.rows("outcomes")}
    windows = [
        {
            "code": code,
            "label": label,
            "meaning": meaning,
            "sessions": _measured(found[("session", code)]),
            "patients": _measured(found[("patient", code)]) if ("patient", code) in found else None,
        }
        for code, (label, meaning) in WINDOWS.items()
        if ("session", code) in found
    ]
    benchmarks = [_benchmark(row) for row in data.rows("benchmarks")]
    cells = data.rows("dose_response")
    cap = next(iter(data.rows("dose_cap")), None)
    return {
        "uncontrolled": UNCONTROLLED,
        "windows": windows,
        "least": LEAST_COMPLETENESS,
        "benchmarks": benchmarks,
        "limitations": LIMITATIONS if from_seed else (),
        "dose_response": benchmark_charts.dose_response(cells, cap),
    }


def _measured(row: Row) -> Row:
    """One window's counts with the completeness, and the responder rates with what missing outcomes could make of them."""
    eligible = row["due"] - row["baseline_zero"]
    return row | {
        "eligible": eligible,
        "completeness": row["measured"] / row["due"] if row["due"] else None,
        "too_incomplete": bool(row["due"]) and row["measured"] / row["due"] < LEAST_COMPLETENESS,
        "responders": [
            (30, row["responders_30"], completeness_bounds(row["responders_30"], row["followed"], eligible)),
            (50, row["responders_50"], completeness_bounds(row["responders_50"], row["followed"], eligible)),
        ],
    }


def _benchmark(row: Row) -> dict[str, Any]:
    """One published figure with the audit's own beside it, where the two may stand side by side at all."""
    own = None
    if row["display"] in ("line", "band") and row["window_code"] and row["eligible"]:
        own = completeness_bounds(row["responders"], row["followed"], row["eligible"])
    return row | {
        "own": own,
        "own_rate": wilson_95(row["responders"] or 0, row["followed"] or 0) if own else None,
        "own_window": WINDOWS[row["window_code"]] if row["window_code"] else None,
        "measured_as": MEASURES.get(row["measure"], row["measure"]),
        "chart": benchmark_charts.beside(row, own) if own else None,
    }
