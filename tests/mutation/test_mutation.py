"""The mutation check itself: it plants what it says, notices what the examples forbid and lists what nobody notices."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from infusion_audit.engine import resource
from tests.rules.examples import PAGES, read_page

from . import check
from .operators import Mutant, mutants, query_of, text_of
from .worlds import INVALID, KILLED, SAME, UNNOTICED, World, example_worlds

CHECKED = ("rules/kd01_bolus_above_limit.sql", "views/bolus_extreme.sql", "views/weight.sql", "rules/km03_effects_not_observed.sql")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The examples of two rules."""
    examples = [example for page in PAGES if page.stem[:4] in ("kd01", "km03") for example in read_page(page)]
    first = next(example_worlds(examples, tmp_path_factory.mktemp("worlds")))
    assert first.original() is None
    return first


def file(name: str) -> str:
    return (resource("sql") / name).read_text("utf-8")


def planted(name: str, old: str, new: str) -> Mutant:
    """A fault written by hand."""
    assert old in file(name)
    return Mutant(name, 1, "by hand", old, new, file(name).replace(old, new, 1))


@pytest.mark.parametrize("name", CHECKED)
def test_a_query_answers_the_same_when_it_is_only_parsed_and_written_again(name: str, world: World) -> None:
    assert world.try_out(Mutant(name, 1, "none", "", "", text_of(query_of(file(name), check.macros())))) == (SAME, "")


def test_a_wrong_limit_in_a_rule_and_a_wrong_bound_in_a_view_are_killed(world: World) -> None:
    assert world.try_out(planted(CHECKED[0], "r.comparator", "'le'"))[0] == KILLED
    assert world.try_out(planted(CHECKED[1], "max(mg_x3600_low)", "min(mg_x3600_low)"))[0] == KILLED


def test_a_rule_that_loses_a_session_is_killed(world: World) -> None:
    assert world.try_out(planted(CHECKED[0], "r.rule_id = 'KD-01'", "r.rule_id = 'KD-01' and b.has_bolus"))[0] == KILLED


def test_what_nobody_notices_survives_and_what_is_no_query_is_not_counted(world: World) -> None:
    assert world.try_out(planted(CHECKED[0], "b.session_no,", "b.session_no + 0 as session_no,")) == (SAME, "")
    assert world.try_out(planted(CHECKED[0], "'no_bolus'", "'never_said'"))[0] in (KILLED, UNNOTICED)
    assert world.try_out(planted(CHECKED[0], "b.session_no", "b.session_nr"))[0] == INVALID


def test_a_mutant_leaves_nothing_behind(world: World) -> None:
    world.try_out(planted("views/weight.sql", "2.138462", "0"))
    assert world.original() is None
    assert world.try_out(planted(CHECKED[0], "b.session_no,", "b.session_no + 0 as session_no,")) == (SAME, "")


def test_each_operator_plants_its_fault_at_its_line() -> None:
    sql = """
        select max(a) as most, coalesce(b, 0) as b, case when a <= 5 then true when not c then false end as d, e * 3600 as e
        from t
        left join u on u.a = t.a
            and u.limit_high > 0.35
        where t.f or t.g
    """
    found = list(mutants(query_of(sql, {}), "rules/t.sql", {"limit_high"}))
    assert {(m.line, m.operator, m.before, m.after) for m in found} >= {
        (2, "min/max", "MAX(a) AS most", "MIN(a)"),
        (2, "coalesce", "COALESCE(b, 0) AS b", "b"),
        (2, "coalesce", "COALESCE(b, 0) AS b", "0"),
        (2, "comparator", "a <= 5", "a < 5"),
        (2, "number", "5", "6"),
        (2, "case", "WHEN a <= 5 THEN TRUE", "dropped"),
        (2, "case", "WHEN a <= 5 THEN TRUE", "condition negated"),
        (2, "true/false", "TRUE", "FALSE"),
        (2, "dropped not", "NOT c", "c"),
        (2, "dropped factor", "e * 3600 AS e", "e"),
        (2, "number", "3600", "3636"),
        (4, "left join", "LEFT JOIN u ON u.a = t.a AND u.limit_high > 0.35", "JOIN u ON u.a = t.a AND u.limit_high > 0.35"),
        (4, "dropped filter", "u.a = t.a", "dropped"),
        (4, "and/or", "u.a = t.a AND u.limit_high > 0.35", "(u.a = t.a OR u.limit_high > 0.35)"),
        (5, "dropped filter", "u.limit_high > 0.35", "dropped"),
        (5, "number", "u.limit_high", "CAST(u.limit_high * 1.01 AS DECIMAL(18, 6))"),
        (5, "number", "0.35", "0.3535"),
        (6, "and/or", "t.f OR t.g", "(t.f AND t.g)"),
        (6, "dropped filter", "t.f OR t.g", "dropped"),
    }
    assert len({m.sql for m in found}) == len(found)


def test_a_rule_is_mutated_with_the_comparison_that_its_macro_holds() -> None:
    tree = query_of(file(CHECKED[0]), check.macros())
    found = [m for m in mutants(tree, CHECKED[0], set()) if m.operator == "comparator"]
    assert {m.before.split()[1] for m in found} >= {"<", ">"}


def test_the_score_counts_neither_invalid_nor_equivalent_mutants() -> None:
    assert check.score(Counter({KILLED: 9, UNNOTICED: 1, INVALID: 5, "equivalent": 5})) == 90


def test_every_equivalent_names_a_file_that_is_checked() -> None:
    names = {f"{each.parent.name}/{Path(each).name}" for each in check.FILES}
    assert {place[0] for place in check.equivalents()} <= names


def test_an_equivalent_is_wrong_only_where_none_of_its_places_survives() -> None:
    twice, once = (Mutant("rules/t.sql", line, "number", before, "2", "") for line, before in ((1, "1"), (2, "3")))
    fates = [(twice, KILLED, "a test"), (twice, check.EQUIVALENT, ""), (once, KILLED, "a test")]
    assert check.killed_after_all(fates, {twice.place, once.place}) == [once.place]
