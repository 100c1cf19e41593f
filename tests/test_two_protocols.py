"""Two protocols over the same sessions: each judges as it does alone, and the page between them adds up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from infusion_audit import run as job
from infusion_audit.cli import main
from infusion_audit.protocol import load_protocol
from infusion_audit.sample import write_sample

SEED = "ketamine-chronic-pain"


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extract") / "data"
    write_sample(folder, sessions=200, seed=3, months=3, faults=True)
    return folder


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital with a higher maximum, a longer pause between sessions, and no statement on PCA."""
    text = load_protocol(SEED).text.replace(f'id = "{SEED}"', 'id = "lenient"').replace("gap_min = 240", "gap_min = 3000")
    start, after = text.index("[rules.KD-06]"), text.index("[rules.KD-07]")
    maximum = text.index("[rules.KD-08]")
    own = text[after:maximum].replace("limit = 1\n", "limit = 1.2\n").replace('source = "seed"', 'source = "site_policy"')
    own = "".join(line for line in own.splitlines(keepends=True) if not line.startswith(("quote", "seed_line")))
    text = text[:start] + own + text[maximum:]
    file = tmp_path_factory.mktemp("protocol") / "lenient.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.fixture(scope="module")
def both(extract: Path, lenient: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    workspace = tmp_path_factory.mktemp("workspace") / "audit"
    first = job.audit([extract], workspace, protocol=SEED, alongside=str(lenient), gate=False)
    second = json.loads((workspace / "runs" / first["alongside"]["run_id"] / "run.json").read_text("utf-8"))
    return workspace, first, second


def rows(workspace: Path, run: dict[str, Any], query: str) -> list[tuple[Any, ...]]:
    folder = workspace / "runs" / run["run_id"]
    with duckdb.connect() as connection:
        connection.execute(f"create view verdict as select * from read_parquet('{folder}/verdicts.parquet')")
        connection.execute(f"create view side_by_side as select * from read_parquet('{folder}/data/side_by_side.parquet')")
        return connection.execute(query).fetchall()


EVERYTHING = "select * exclude (run_id) from verdict order by all"


def test_each_protocol_judges_as_it_does_alone(extract: Path, lenient: Path, both: tuple[Path, Any, Any], tmp_path: Path) -> None:
    workspace, first, second = both
    for number, (run, protocol) in enumerate(((first, SEED), (second, str(lenient)))):
        alone = job.audit([extract], tmp_path / str(number), protocol=protocol, gate=False)
        with duckdb.connect() as connection:
            file = tmp_path / str(number) / "runs" / alone["run_id"] / "verdicts.parquet"
            expected = connection.execute(f"select * exclude (run_id) from read_parquet('{file}') order by all").fetchall()
        assert rows(workspace, run, EVERYTHING) == expected
        assert run["verdicts"] == alone["verdicts"]


def test_each_manifest_names_the_other_run(both: tuple[Path, Any, Any]) -> None:
    workspace, first, second = both
    assert first["alongside"]["run_id"] == second["run_id"]
    assert second["alongside"]["run_id"] == first["run_id"]
    assert first["alongside"]["verdicts"] == second["verdicts"]
    assert (workspace / second["alongside"]["report"]).is_file()


def test_the_verdicts_beside_each_other_add_up_to_those_of_both(both: tuple[Path, Any, Any]) -> None:
    workspace, *runs = both
    for here, there in (runs, reversed(runs)):
        for side, run in (("verdict", here), ("other_verdict", there)):
            counted = rows(
                workspace,
                here,
                f"select rule_id, {side}, sum(sessions) from side_by_side where rule_id is not null and {side} is not null group by all",
            )
            assert {(rule, verdict): number for rule, verdict, number in counted} == {
                (rule, verdict): number for rule, counts in run["verdicts"].items() for verdict, number in counts.items() if number
            }
        sessions = "select coalesce(sum(sessions), 0) from side_by_side where rule_id is null and verdict is not null"
        assert rows(workspace, here, sessions)[0][0] == here["sessions"]


def test_sessions_that_only_one_protocol_puts_together_so_are_not_hidden(both: tuple[Path, Any, Any]) -> None:
    workspace, first, second = both
    assert first["sessions"] != second["sessions"]
    assert rows(workspace, first, "select count(*) from side_by_side where rule_id is null and (verdict is null or other_verdict is null)")[
        0
    ][0]


def test_both_reports_have_the_page_and_no_count_of_the_other_elsewhere(both: tuple[Path, Any, Any]) -> None:
    workspace, first, second = both
    for run, other in ((first, second), (second, first)):
        folder = workspace / "runs" / run["run_id"]
        page = (folder / "side-by-side.html").read_text("utf-8")
        assert other["protocol"]["id"] in page
        assert "no such statement" in page
        assert other["protocol"]["id"] not in (folder / "scorecard.html").read_text("utf-8")


def test_a_stored_pair_is_rendered_again_alike(both: tuple[Path, Any, Any]) -> None:
    workspace, first, _ = both
    page = workspace / "runs" / first["run_id"] / "side-by-side.html"
    before = page.read_text("utf-8")
    job.render_again(workspace, first["run_id"])
    assert page.read_text("utf-8") == before


def test_a_run_by_one_protocol_has_no_such_page(extract: Path, tmp_path: Path) -> None:
    run = job.audit([extract], tmp_path / "audit", gate=False)
    assert run["alongside"] is None
    assert not (tmp_path / "audit" / "runs" / run["run_id"] / "side-by-side.html").exists()


@pytest.mark.parametrize(
    ("protocols", "words"),
    [
        ((SEED, SEED), "given twice"),
        ((SEED, "PROPOFOL"), "different products"),
        ((SEED, SEED, "LENIENT"), "given 3 times"),
        ((SEED, "ketamine-chronic-pian"), "did you mean"),
    ],
)
def test_protocols_that_cannot_stand_side_by_side_are_refused(
    protocols: tuple[str, ...], words: str, extract: Path, lenient: Path, tmp_path: Path
) -> None:
    propofol = tmp_path / "propofol.toml"
    propofol.write_text(lenient.read_text("utf-8").replace('product = "ketamine"', 'product = "propofol"'), "utf-8")
    files = {"LENIENT": str(lenient), "PROPOFOL": str(propofol)}
    options = [word for each in protocols for word in ("--protocol", files.get(each, each))]
    result = CliRunner().invoke(main, ["run", str(extract), "--workspace", str(tmp_path / "audit"), *options])
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "audit" / "runs").exists()
