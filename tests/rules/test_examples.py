"""Every example page holds: the verdicts that its tables promise are those of a whole run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit.engine import resource
from infusion_audit.protocol import load_protocol
from infusion_audit.run import audit
from tests.rules.examples import PAGES, Example, read_page, write_folder

EXAMPLES = [example for page in PAGES for example in read_page(page)]


def _settings(example: Example) -> tuple[tuple[str, str], ...]:
    """What sets its run apart. Rules do not depend on each other, so that all of them are on in every run."""
    return tuple(sorted((key, value) for key, value in example.settings.items() if not key.endswith(".enabled")))


def _protocol(settings: tuple[tuple[str, str], ...], folder: Path) -> str:
    """The shipped protocol with every rule on and settings changed, as a site would edit it."""
    text = load_protocol("ketamine-chronic-pain").text.replace("enabled = false", "enabled = true")
    for key, value in settings:
        table, name = key.rsplit(".", 1)
        text, changed = re.subn(
            rf"(^\[{re.escape(table)}\].*(?:\n(?!\[).*)*?\n{name} = )[^\n#]*", rf"\g<1>{value} ", text, count=1, flags=re.MULTILINE
        )
        assert changed == 1, key
    file = folder / "protocol.toml"
    file.write_text(text, "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """The last session's verdict of each example and rule, from one run for each set of settings."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for settings in sorted({_settings(example) for example in EXAMPLES}):
        folder = tmp_path_factory.mktemp("examples")
        chosen = [example for example in EXAMPLES if _settings(example) == settings]
        write_folder(chosen, folder / "data")
        run = audit([folder / "data"], folder / "audit", protocol=_protocol(settings, folder), gate=False)
        file = folder / "audit" / "runs" / run["run_id"] / "verdicts.parquet"
        relation = duckdb.sql(f"select * from read_parquet('{file}') order by session_started_at")
        for row in relation.fetchall():
            verdict = dict(zip(relation.columns, row, strict=True))
            found[verdict["patient_id"], verdict["rule_id"]] = verdict
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.rule_id}: {example.title}")
def test_the_example_holds(example: Example, verdicts: dict[tuple[str, str], dict[str, Any]]) -> None:
    got = verdicts[example.patient_id, example.rule_id]
    for key, value in example.expected.items():
        if key.startswith("observed"):
            assert got[key] == pytest.approx(float(value), abs=6e-7), key
        else:
            assert got[key] == (value or None), got
    if "grade" not in example.expected and example.expected["verdict"] != "violation":
        assert got["grade"] is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_every_verdict(page: Path) -> None:
    shown = {example.expected["verdict"] for example in read_page(page)}
    never_applicable = {"compliant", "violation", "not_evaluable", "not_applicable"} - shown
    assert never_applicable == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_an_example_to_the_second(page: Path) -> None:
    if page.stem.startswith("kd06"):
        pytest.skip("a PCA demand is judged by its amount; time does not enter")
    assert re.search(r"\d\d:\d\d:\d\d", page.read_text("utf-8"))


def test_every_rule_has_a_page() -> None:
    assert {page.stem for page in PAGES} == {file.stem for file in (resource("sql") / "rules").glob("*.sql")}
