"""The report of the sample extract as text, page by page: `make golden` writes it again, and the difference is there to be read."""

from __future__ import annotations

import csv
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine
from markdownify import markdownify

from infusion_audit import run as job

SAMPLE = Path(__file__).parents[2] / "sample_data"
GOLDEN = Path(__file__).parent / "golden"
DAY = datetime(2026, 11, 2, 6, tzinfo=UTC)
STAMP = re.compile(r'<dl class="stamp">.*?</dl>', re.DOTALL)
FURNITURE = re.compile(r"<(style|nav)\b.*?</\1>", re.DOTALL)
LINE = re.compile(r"(?=<(?:small|span|div|text|title|desc)\b)")  # begins on a line of its own, or in a place of its own
# What a page says of where its rows stand, which is all that the order of rows and files may change.
PLACES = re.compile(r"[\w/-]+\.csv(?::\d+)?|lines? \d+(?:, \d+)*|\d+ (?=\(A\d+-\d+\))")


def words(page: str) -> str:
    """A page as a reader meets it: its words, links and tables; a chart by its title, its line and the words in it."""
    inside = LINE.sub(" ", FURNITURE.sub("", STAMP.sub("", page)))
    text = markdownify(inside, heading_style="ATX", escape_underscores=False, escape_asterisks=False)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def audited(workspace: Path, data: Path = SAMPLE, at: datetime = DAY) -> dict[str, Any]:
    with time_machine.travel(at, tick=False):
        return job.audit([data], workspace)


def files(workspace: Path, run: dict[str, Any]) -> dict[str, bytes]:
    """All files of a report but its manifests, with a name in place of the run's id."""
    folder = workspace / "runs" / run["run_id"]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(run["run_id"].encode(), b"RUN")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".html", ".csv", ".toml"}
    }


def pages(workspace: Path, run: dict[str, Any]) -> dict[str, str]:
    return {name: content.decode() for name, content in files(workspace, run).items() if name.endswith(".html")}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("golden")


@pytest.fixture(scope="module")
def run(workspace: Path) -> dict[str, Any]:
    return audited(workspace)


def test_the_report_of_the_sample_says_what_it_said(workspace: Path, run: dict[str, Any]) -> None:
    made = {name.replace(".html", ".md"): words(page) for name, page in pages(workspace, run).items()}
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        for old in GOLDEN.glob("*.md"):
            old.unlink()
        for name, text in made.items():
            (GOLDEN / name).write_text(text, "utf-8")
    kept = {path.name: path.read_text("utf-8") for path in GOLDEN.glob("*.md")}
    assert sorted(made) == sorted(kept)
    for name, text in made.items():
        assert text.splitlines() == kept[name].splitlines(), f"{name} changed; if that was meant: make golden"


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = duckdb.connect

    def narrow(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        connection = connect(*arguments, **options)
        connection.execute("set threads = 1")
        return connection

    monkeypatch.setattr(duckdb, "connect", narrow)


@pytest.mark.usefixtures("one_thread")
def test_another_run_differs_in_its_stamp_only_however_many_threads(workspace: Path, run: dict[str, Any], tmp_path: Path) -> None:
    again = audited(tmp_path, at=DAY.replace(hour=9))
    assert again["run_id"] != run["run_id"]
    before, after = files(workspace, run), files(tmp_path, again)
    assert sorted(before) == sorted(after)
    for name, content in before.items():
        assert STAMP.sub("", content.decode()) == STAMP.sub("", after[name].decode()), name


def mixed(folder: Path) -> Path:
    """The sample with its rows in reverse, and its largest tables in two parts of which the later rows come first."""
    folder.mkdir()
    for path in SAMPLE.iterdir():
        if path.suffix != ".csv" or path.stem.startswith("expected"):
            if not path.stem.startswith("expected"):
                (folder / path.name).write_bytes(path.read_bytes())
            continue
        header, *rows = path.read_bytes().splitlines(keepends=True)
        rows = [row if row.endswith(b"\n") else row + b"\n" for row in reversed(rows)]
        half = len(rows) // 2
        parts = {f"{path.stem}/part-1.csv": rows[:half], f"{path.stem}/part-2.csv": rows[half:]} if half > 500 else {path.name: rows}
        for name, part in parts.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(header + b"".join(part))
    return folder


def test_the_order_of_rows_and_files_changes_nothing_but_their_places(workspace: Path, run: dict[str, Any], tmp_path: Path) -> None:
    again = audited(tmp_path / "workspace", mixed(tmp_path / "data"))
    assert again["verdicts"] == run["verdicts"]
    before, after = pages(workspace, run), pages(tmp_path / "workspace", again)
    assert sorted(before) == sorted(after)
    for name in sorted({*before} - {"data-quality.html"}):  # it lists the files
        assert placeless(before[name]) == placeless(after[name]), name
    for name in ("findings.csv", "quarantine.csv", "outliers.csv"):
        assert records(workspace, run, name) == records(tmp_path / "workspace", again, name), name


def placeless(page: str) -> list[str]:
    """The words of a page without the places of rows, whose order they give; rows that stand in the order of their places are sorted."""
    return sorted(re.findall(r"[\w.]+", PLACES.sub("", words(page))))


def records(workspace: Path, run: dict[str, Any], name: str) -> list[tuple[str, ...]]:
    """The records of a file without what tells where a row stands."""
    with (workspace / "runs" / run["run_id"] / name).open(encoding="utf-8", newline="") as file:
        return sorted(
            tuple(value for column, value in row.items() if column not in {"run_id", "evidence", "file", "line", "row_id", "source_rows"})
            for row in csv.DictReader(file)
        )
