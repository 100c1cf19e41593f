"""The page on sites and prescribers: funnels around the own overall rate, by code, without a rank."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from infusion_audit_reports import funnel as funnels
from infusion_audit_reports import small_charts
from infusion_audit_reports.drawing import Chart
from infusion_audit_reports.format import count, percent, plural
from infusion_audit_reports.funnel import Funnel, Unit
from infusion_audit_reports.summaries import Row, Summaries

PARTS = {"site": ("Sites", "site", "S"), "prescriber": ("Prescribers", "prescriber", "P")}


def units(data: Summaries, scored: Sequence[Row], *, names: bool) -> Row:
    """Each kind of unit with a funnel for every statement that varies."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in data.rows("funnels"):
        found.setdefault((row["part"], row["rule_id"]), []).append(row)
    return {
        "names": names,
        "least": funnels.LEAST,
        "testable": funnels.TESTABLE,
        "parts": [
            {
                "code": part,
                "title": title,
                "word": word,
                "rules": [
                    entry
                    for rule in scored
                    if (
                        entry := _rule(
                            rule,
                            part,
                            word,
                            [_unit(row, letter, names) for row in found.get((part, rule["rule_id"]), []) if row["place"] is not None],
                        )
                    )
                ],
            }
            for part, (title, word, letter) in PARTS.items()
        ],
    }


def code(letter: str, unit_id: str) -> str:
    """A short code that is the same on every run and says nothing about the order of the results."""
    return f"{letter}-{hashlib.sha256(unit_id.encode()).hexdigest()[:6]}"


def _unit(row: Row, letter: str, names: bool) -> Unit:
    return Unit(row["place"] if names else code(letter, row["place"]), row["compliant"], row["compliant"] + row["violation"])


def _rule(rule: Row, part: str, word: str, judged: Sequence[Unit]) -> Row | None:
    found = funnels.funnel([unit for unit in judged if unit.total], rule["compliant"], rule["n"])
    if found is None or not 0 < found.overall < 1:
        return None
    name = f"{part}-{rule['slug']}"
    title = f"{rule['rule_id']}: sessions that meet the statement, by {word}"
    says = _says(found, word)
    rows = [
        (
            placed.unit.code,
            count(placed.unit.hits),
            count(placed.unit.total),
            percent(placed.unit.hits / placed.unit.total),
            f"{placed.inner[0]:,} to {placed.inner[1]:,}",
            f"{placed.outer[0]:,} to {placed.outer[1]:,}",
            f"outside {placed.outside}\u00a0%" if placed.outside else "",
        )
        for placed in found.placed
    ]
    header = (word.capitalize(), "Meets it", "Judged", "Share", "95\u00a0% limits, sessions", "99.8\u00a0% limits", "")
    return {
        "rule_id": rule["rule_id"],
        "chart": Chart(name, title, says, small_charts.funnel_chart(name, title, says, found), header, rows),
    }


def _says(found: Funnel, word: str) -> str:
    shown = f"{plural(len(found.placed), word)} around the overall {percent(found.overall)}"
    left_out = f"; {count(found.left_out)} with fewer than {funnels.LEAST} judged sessions not shown" if found.left_out else ""
    if found.dispersion is None:
        tested = "Too few to test for overdispersion"
    else:
        tested = f"phi = {found.dispersion:.1f}, threshold {found.threshold:.1f}"
    if found.overdispersed:
        return f"{shown}{left_out}. They differ throughout by more than chance ({tested}): nobody is marked."
    beyond = [placed.unit.code for placed in found.placed if placed.outside == "99.8"]
    between = sum(placed.outside == "95" for placed in found.placed)
    marked = f"Outside 99.8\u00a0%: {', '.join(beyond)}" if beyond else "None outside 99.8\u00a0%"
    by_chance = f"about {found.expected_outside_95:.1f} are expected by chance"
    return f"{shown}{left_out}. {marked}; {count(between)} between the two limits, where {by_chance}. {tested}."
