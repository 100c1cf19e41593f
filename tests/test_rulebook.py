"""Rule files: the id comes from the name, the words from the header, and a slip is named with its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from infusion_audit.errors import UserError
from infusion_audit.rulebook import Rulebook

HEADER = """/*
title = "T"
family = "dosing"
quantity = "q"
finding = "{observed} seen"
why = "w"
population = "p"
exclusions = "e"
success = "s"
responsible = "r"
limitations = "l"
needs = ["administration"]
*/
"""


def load(folder: Path, name: str, text: str) -> Rulebook:
    (folder / name).write_text(text, encoding="utf-8")
    return Rulebook.load(folder)


def test_the_id_and_the_name_come_from_the_file_name(tmp_path: Path):
    rule = load(tmp_path, "kd01_bolus_above_limit.sql", HEADER + "select 1;\n").get("KD-01")
    assert rule is not None
    assert (rule.rule_id, rule.name, rule.sql, rule.needs) == ("KD-01", "bolus_above_limit", "select 1", ("administration",))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("bolus.sql", HEADER + "select 1", "is called like kd01_bolus_above_limit.sql"),
        ("kd01_x.sql", "select 1", "must begin with a comment"),
        ("kd01_x.sql", "/* title = */ select 1", "not valid TOML"),
        ("kd01_x.sql", HEADER, "holds no query"),
        ("kd01_x.sql", HEADER.replace("why =", "wy ="), 'wy: unknown key; did you mean "why"?'),
        ("kd01_x.sql", HEADER.replace('why = "w"\n', "") + "select 1", "why: is missing"),
        ("kd01_x.sql", HEADER.replace('responsible = "r"\n', "") + "select 1", "responsible: is missing"),
        ("kd01_x.sql", HEADER.replace('"w"', "3") + "select 1", "why: must be text"),
        ("kd01_x.sql", HEADER.replace("needs", 'changes = "x"\nneeds') + "select 1", "changes: must be a list"),
        ("kd01_x.sql", HEADER.replace('["administration"]', '"administration"') + "select 1", "needs: must be a list"),
    ],
)
def test_a_slip_in_a_rule_file_is_named_with_the_file(tmp_path: Path, name: str, text: str, says: str):
    with pytest.raises(UserError) as caught:
        load(tmp_path, name, text)
    assert any(line.startswith(f"{name}: ") and says in line for line in caught.value.message.splitlines())


def test_an_id_belongs_to_one_file(tmp_path: Path):
    (tmp_path / "kd01_a.sql").write_text(HEADER + "select 1", encoding="utf-8")
    with pytest.raises(UserError, match=r"KD-01 is already kd01_a\.sql"):
        load(tmp_path, "kd01_b.sql", HEADER + "select 1")


def test_all_slips_are_named_at_once(tmp_path: Path):
    (tmp_path / "one.sql").write_text("", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load(tmp_path, "two.sql", "")
    assert len(caught.value.message.splitlines()) == 2


def test_every_shipped_rule_says_whom_it_concerns_and_where_it_ends():
    book = Rulebook.load()
    assert list(book), "no rules are shipped"
    for rule in book:
        assert all((rule.title, rule.quantity, rule.why, rule.needs, rule.population, rule.limitations)), rule.path.name
        assert all((rule.exclusions, rule.success, rule.responsible)), rule.path.name
        assert all(text.endswith(".") for text in (rule.why, rule.population, rule.exclusions, rule.success)), rule.path.name
        assert rule.title[0].isupper(), rule.path.name
        assert rule.finding.endswith("."), rule.path.name
