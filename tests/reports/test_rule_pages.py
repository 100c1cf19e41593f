"""Rule pages: every shipped rule has one in which every part of a published measure says something."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from infusion_audit import run as job
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.sample import write_sample
from infusion_audit_reports.rule_pages import page_name, trend
from infusion_audit_reports.statistics import wilson_95
from tests.reports.inspection import Page

RULES = sorted(Rulebook.load().rules)
PARTS = (
    *("Result", "The measure", "Findings", "What could not be judged, by cause", "Other readings of this rule"),
    *(
        "Rationale",
        "Population",
        "Exclusions",
        "Success (numerator)",
        "Data needed",
        "Responsible role",
        "Source",
        "Limitations",
        "Change log",
    ),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run of a small sample by a protocol that has every shipped rule on."""
    home = tmp_path_factory.mktemp("rules")
    write_sample(home / "data", sessions=150, seed=3, months=3, faults=True)
    text = load_protocol("ketamine-chronic-pain").text
    text = re.sub(r"^enabled = false", "enabled = true", text, flags=re.MULTILINE).replace('version = "1.0"', 'version = "1.0.all"', 1)
    (home / "all.toml").write_text(text, "utf-8")
    run = job.audit([home / "data"], home / "audit", protocol=str(home / "all.toml"), gate=False)
    return home / "audit" / "runs" / run["run_id"], run


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_page_with_every_part(published: tuple[Path, dict[str, Any]], rule: str) -> None:
    report, run = published
    html = (report / page_name(rule)).read_text("utf-8")
    page = Page.read(report / page_name(rule))
    for part in PARTS:
        heading = re.search(rf">{re.escape(part)}</(h2|dt)>(.*?)</(section|div)>", html, re.DOTALL)
        assert heading, part
        assert len(re.sub(r"<[^>]+>", "", heading[2]).strip()) > 3, part
    text = Rulebook.load().rules[rule]
    for words in (text.why, text.population, text.exclusions, text.success, text.responsible, text.limitations):
        assert words in page.text, words
    counts = run["verdicts"][rule]
    assert f"Meets the statement {counts['compliant']} Does not meet it {counts['violation']} " in page.text
    assert f"Cannot be judged {counts['not_evaluable']} Does not apply {counts['not_applicable']} " in page.text


@pytest.mark.parametrize("rule", RULES)
def test_every_link_of_a_rule_page_leads_somewhere(published: tuple[Path, dict[str, Any]], rule: str) -> None:
    report, _ = published
    for link in Page.read(report / page_name(rule)).attributes("href"):
        file, _, anchor = link.partition("#")
        if link not in ("data:,", "../../index.html"):
            assert (report / (file or page_name(rule))).is_file(), link
            assert not anchor or anchor in Page.read(report / (file or page_name(rule))).attributes("id"), link


def test_summary_scorecard_worklist_and_methods_lead_to_the_rule_pages(published: tuple[Path, dict[str, Any]]) -> None:
    report, _ = published
    for name in ("index.html", "scorecard.html", "findings.html", "methods.html"):
        assert any(link.startswith("rule-k") for link in Page.read(report / name).attributes("href")), name


def test_a_trend_needs_two_months_in_which_something_was_judged() -> None:
    months = [
        {"label": "2026-01", "compliant": 9, "violation": 1, "not_evaluable": 0, "judged": 10, "rate": wilson_95(9, 10)},
        {"label": "2026-02", "compliant": 0, "violation": 0, "not_evaluable": 3, "judged": 0, "rate": None},
    ]
    assert trend("KD-01", months) is None
    chart = trend("KD-01", [*months, months[0] | {"label": "2026-03", "compliant": 2, "violation": 8, "rate": wilson_95(2, 10)}])
    assert chart is not None
    assert chart.says.startswith("2026-03: 20.0\u00a0% of 10 judged, after 90.0\u00a0% of 10 in 2026-01. The intervals do not overlap.")
    assert [row[0] for row in chart.rows] == ["2026-01", "2026-02", "2026-03"]
    assert chart.rows[1][-1] == "3 sessions"
