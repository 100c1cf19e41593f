"""How the gate puts numbers into words: what was observed, what was expected, and why a check was not judged."""

from __future__ import annotations

import math

from infusion_audit.gate_profile import WHOLE_BATCH, Check, Measured


def observed_text(check: Check, rows: list[Measured]) -> str:
    """The number nearest to or furthest beyond the limits, with what it is made of."""
    if not rows:
        return ""
    row = max(rows, key=lambda row: _excess(check, row))
    value, where = row.observed or 0.0, "" if row.subject == WHOLE_BATCH else f" in {row.subject}"
    if check.unit == "share":
        return f"{_percent(value)} ({_plain(row.part)} of {_plain(row.whole)} {check.of}){where}"
    if check.unit == "times":
        return f"{_plain(value)} times ({_plain(row.part)} against {_plain(row.whole)} {check.of}){where}"
    return f"{_plain(value)}{' days' if check.unit == 'days' else ''}{where}"


def expected_text(check: Check) -> str:
    """The limits."""
    write = _percent if check.unit == "share" else _plain
    if check.at_least is None or check.at_most is None:
        limit = check.at_most if check.at_least is None else check.at_least
        text = f"{'at most' if check.at_least is None else 'at least'} {write(limit or 0.0)}"
    else:
        text = f"{write(check.at_least)} to {write(check.at_most)}"
    return text + {"times": " times", "days": " days"}.get(check.unit, "")


def skipped_text(check: Check, measured: list[Measured]) -> str:
    """Why a check could not be judged."""
    rows = [row for row in measured if row.measure == check.measure]
    reasons = [row.skipped for row in rows if row.skipped]
    if reasons or not rows:
        return reasons[0] if reasons else check.absent
    most = max(row.whole or 0 for row in rows)
    return f"there are {_plain(most)} {check.of}, and {_plain(check.of_at_least)} are needed" if most else f"there are no {check.of}"


def _excess(check: Check, row: Measured) -> float:
    """How far a number is towards the wrong side, to name the worst one of several."""
    value = row.observed or 0.0
    if check.at_least is None or check.at_most is None:
        return value if check.at_least is None else -value
    return abs(math.log(value)) if value > 0 else math.inf


def _percent(share: float) -> str:
    return f"{_plain(share * 100)} %"


def _plain(number: float | None) -> str:
    """A count in full, anything else with three significant digits."""
    value = number or 0.0
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
