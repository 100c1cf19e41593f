"""The page about the gate names every check with the limits that are really used."""

from __future__ import annotations

from pathlib import Path

from infusion_audit.gate_profile import families
from infusion_audit.gate_words import expected_text

PAGE = Path(__file__).parents[2] / "docs" / "data-quality-gate.md"


def lines() -> list[str]:
    return [
        f"| `{check.name}` | {check.severity} | {expected_text(check)} | {check.of_at_least:g} | {check.what} |"
        for family in families()
        for check in family.checks
    ]


def test_the_page_lists_every_check_with_its_limit() -> None:
    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `") and line.count("|") == 6]
    assert sorted(table) == sorted(lines())
