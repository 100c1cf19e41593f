"""Every example page holds: the verdicts that its tables promise are those of the judge on the loaded tables."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from infusion_audit.engine import connect, resource, rows
from infusion_audit.judge import judge
from infusion_audit.load import load
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from tests.rules.examples import PAGES, Example, Verdict, read_page, unmet
from tests.rules.runs import runs_of

EXAMPLES = [example for page in PAGES for example in read_page(page)]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[Verdict]]:
    """The verdicts of each example and rule in the order of the sessions, from as few runs as settings and coverage allow."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for together in runs_of(EXAMPLES):
        folder = tmp_path_factory.mktemp("examples")
        data, protocol = together.write(folder)
        with connect() as connection:
            load(connection, [data])
            judge(connection, load_protocol(str(protocol)), Rulebook.load(), parse_period("all", date(2026, 7, 1)), "examples")
            for verdict in rows(connection, "select * from verdict order by session_started_at"):
                found.setdefault((verdict["patient_id"], verdict["rule_id"]), []).append(verdict)
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.rule_id}: {example.title}")
def test_the_example_holds(example: Example, verdicts: dict[tuple[str, str], list[Verdict]]) -> None:
    assert unmet(example, example.chosen(verdicts[example.patient_id, example.rule_id])) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_every_verdict(page: Path) -> None:
    shown = {example.expected["verdict"] for example in read_page(page)}
    # A missing outcome is missing data: KO-01 accuses nobody.
    wanted = {"compliant", "violation", "not_evaluable", "not_applicable"} - ({"violation"} if page.stem.startswith("ko01") else set())
    assert wanted - shown == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_an_example_to_the_second(page: Path) -> None:
    if page.stem.startswith("kd06"):
        pytest.skip("a PCA demand is judged by its amount; time does not enter")
    assert re.search(r"\d\d:\d\d:\d\d", page.read_text("utf-8"))


def test_every_rule_has_a_page() -> None:
    assert {page.stem for page in PAGES} == {file.stem for file in (resource("sql") / "rules").glob("*.sql")}
