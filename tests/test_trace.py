"""Every statement of the source text became something that exists, is shown and is tested."""

from __future__ import annotations

import re

import pytest

from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.trace import KINDS, Statement, statements
from infusion_audit_reports.strata import STRATIFIERS
from tests.support.trace_page import PAGE, example_page, known_ids, page_text, template, where

STATEMENTS = statements()
PREFIX = {"rule": "K[CDMORS]", "stratifier": "KX", "benchmark": "K[BO]"}


def test_the_statements_are_numbered_without_a_gap_and_cover_the_whole_text():
    assert [one.number for one in STATEMENTS] == list(range(1, 41))
    covered = {line for one in STATEMENTS for line in one.seed_lines}
    assert covered == set(range(1, 53))


@pytest.mark.parametrize("one", STATEMENTS, ids=lambda one: f"{one.number}")
def test_a_row_is_filled(one: Statement):
    assert one.statement
    assert one.became
    assert set(one.became) <= set(KINDS)
    assert bool(one.place) == ("context" in one.became)
    for kind in set(one.became) - {"context"}:
        assert [each for each in one.ids if re.fullmatch(rf"{PREFIX[kind]}-\d\d", each)], kind


@pytest.mark.parametrize("one", STATEMENTS, ids=lambda one: f"{one.number}")
def test_what_a_statement_became_exists_and_is_shown(one: Statement):
    assert set(one.ids) - known_ids() == set()
    for each in one.ids:
        files, shown = where(each)
        assert files
        assert shown
        assert [file for file in files if not file.is_file()] == []
    if one.place:
        assert template(one.place).is_file()


@pytest.mark.parametrize("rule", list(Rulebook.load()), ids=lambda rule: rule.rule_id)
def test_every_rule_has_an_example_page_with_examples(rule):
    assert len(re.findall(r"^## ", example_page(rule.path).read_text("utf-8"), flags=re.MULTILINE)) >= 3


def test_every_stratifier_benchmark_and_rule_of_the_source_text_is_traced():
    traced = {each for one in STATEMENTS for each in one.ids}
    protocol = load_protocol("ketamine-chronic-pain")
    assert {one.kx for one in STRATIFIERS} <= traced
    assert set(protocol.benchmarks) <= traced
    assert {rule_id for rule_id, rule in protocol.rules.items() if rule.source == "seed"} <= traced


def test_a_rule_is_traced_to_the_line_that_it_quotes():
    lines = {each: {line for one in STATEMENTS if each in one.ids for line in one.seed_lines} for one in STATEMENTS for each in one.ids}
    protocol = load_protocol("ketamine-chronic-pain")
    for one_id, entry in (*protocol.rules.items(), *protocol.benchmarks.items()):
        if one_id in lines and entry.seed_line is not None:
            assert entry.seed_line in lines[one_id], one_id


def test_the_trace_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page_text(), "run: make trace"
