"""SQL that another engine can run too: every file parses, and what engines read differently is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from infusion_audit.engine import resource

FOLDER = resource("sql")
FILES = sorted(FOLDER.rglob("*.sql"))

# Forms that mean something else, or nothing, on the next engine.
REFUSED = {
    r"\basof\b": "an ASOF join exists on few engines; join on a window function instead",
    r"\bdate_?diff\s*\(": "engines count boundaries or whole units; use elapsed_s or minutes, from microseconds",
    r"\bdatesub\s*\(|\bdate_sub\s*\(": "argument order differs between engines",
    r"\bquantile_cont\s*\(|\bpercentile_cont\s*\(": "interpolation differs between engines",
    r"\*\s*replace\s*\(": "a star with replacements exists on few engines; name the columns",
    r"\bepoch\s*\(": "of an interval it depends on the engine; use epoch_us of instants",
    r"\{\{|\{%": "the reviewed file is the file that runs: no templates in SQL",
}


def bare(file: Path) -> str:
    """The statement without comments, in lower case."""
    return re.sub(r"/\*.*?\*/|--[^\n]*", " ", file.read_text("utf-8"), flags=re.DOTALL).lower()


def name(file: Path) -> str:
    return str(file.relative_to(FOLDER))


def test_there_is_sql_to_check():
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=name)
def test_no_form_is_used_that_engines_read_differently(file: Path):
    sql = bare(file)
    assert [why for form, why in REFUSED.items() if re.search(form, sql)] == []


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name == "rules"], ids=name)
def test_a_rule_names_every_column_it_reads(file: Path):
    assert not re.search(r"\bselect\s+(distinct\s+)?\*", bare(file))


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name == "rules"], ids=name)
def test_a_rule_reads_no_other_rule(file: Path):
    others = {other.stem for other in file.parent.glob("*.sql")} - {file.stem}
    assert not [other for other in others if other in bare(file)]
    assert re.findall(r"'([a-z]{2}-\d{2})'", bare(file)) in ([], [f"{file.stem[:2]}-{file.stem[2:4]}"])


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name in ("rules", "views")], ids=name)
def test_rules_and_views_parse_as_plain_sql(file: Path):
    assert len(sqlglot.parse(file.read_text("utf-8"), read="duckdb")) == 1
