"""A rule whose query gives other columns than a verdict is made of is refused: a slip in SQL never becomes an unknown."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from infusion_audit import engine
from infusion_audit.judge import judge
from infusion_audit.load import load
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.sample import write_sample

DOSING, MONITORING = "kd01_bolus_above_limit.sql", "km03_effects_not_observed.sql"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge")
    write_sample(folder / "data", sessions=5, seed=1, months=1, faults=False)
    with engine.connect(folder / "warehouse.duckdb") as connection:
        load(connection, [folder / "data"])
    return folder / "warehouse.duckdb"


def judged_with(warehouse: Path, rules: Path) -> int:
    """The number of verdicts by the rules of a folder."""
    with engine.connect(warehouse) as connection:
        judge(connection, load_protocol("ketamine-chronic-pain"), Rulebook.load(rules), parse_period("all", date(2026, 7, 1)), "r")
        return len(engine.rows(connection, "select verdict from verdict"))


def shipped(folder: Path) -> Path:
    return Path(shutil.copytree(engine.resource("sql") / "rules", folder / "rules"))


def test_the_shipped_rules_give_what_a_verdict_is_made_of(warehouse: Path):
    assert judged_with(warehouse, engine.resource("sql") / "rules") > 0


@pytest.mark.parametrize(
    ("file", "slip", "says"),
    [
        (MONITORING, (r"end as reason,", "end as raeson,"), ["reason is missing", 'raeson is unknown; did you mean "reason"?']),
        (MONITORING, (r"    cast\(\[\] as varchar \[\]\) as flags,\n", ""), ["flags is missing"]),
        (MONITORING, (r"as flags,", "as flags, 'none' as fuond,"), ['fuond is unknown; did you mean "found"?']),
        (MONITORING, (r"as flags,", "as flags, false as marginal,"), ["marginal is unknown"]),
        (DOSING, (r"    false as below_range,\n", ""), ["below_range is missing"]),
        (DOSING, (r"as observed_high,", "as observed_low,"), ["observed_high is missing", "observed_low is given twice"]),
    ],
)
def test_a_column_that_is_missing_or_misspelt_is_named_with_the_rule_file(
    warehouse: Path, tmp_path: Path, file: str, slip: tuple[str, str], says: list[str]
):
    rules = shipped(tmp_path)
    text, changed = re.subn(*slip, (rules / file).read_text("utf-8"), count=1)
    assert changed
    (rules / file).write_text(text, "utf-8")
    with pytest.raises(RuntimeError) as caught:
        judged_with(warehouse, rules)
    assert str(caught.value).splitlines() == [f"{file}: {each}" for each in says]


def test_the_slips_of_all_rules_are_named_at_once(warehouse: Path, tmp_path: Path):
    rules = shipped(tmp_path)
    for file in (DOSING, MONITORING):
        (rules / file).write_text((rules / file).read_text("utf-8").replace("as evidence", "as evdience"), "utf-8")
    with pytest.raises(RuntimeError) as caught:
        judged_with(warehouse, rules)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [DOSING, DOSING, MONITORING, MONITORING]
