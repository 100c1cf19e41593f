"""The engine takes as many threads as the work is worth."""

from pathlib import Path

import duckdb
import pytest

from infusion_audit.engine import LITTLE, Connection, connect, expect


def threads(connection: Connection) -> int:
    found = connection.execute("select current_setting('threads')").fetchone()
    assert found
    return int(found[0])


CORES = threads(duckdb.connect())  # what an engine takes that nobody told anything


def file_of(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize(
    ("name", "size", "worth"),
    [
        ("observation.csv", LITTLE, 1),
        ("observation.csv", LITTLE + 1, CORES),
        ("observation.csv.gz", LITTLE // 8, 1),
        ("observation.csv.gz", LITTLE // 8 + 1, CORES),
        ("observation.parquet", LITTLE // 8 + 1, CORES),
    ],
)
def test_little_is_read_by_one_thread_and_much_by_every_core(name: str, size: int, worth: int, tmp_path: Path) -> None:
    file = file_of(tmp_path / name, size)
    with connect(reads=[file]) as connection:
        assert threads(connection) == worth
    with connect() as connection:
        assert threads(connection) == 1
        expect(connection, [file])
        assert threads(connection) == worth


def test_once_there_is_much_to_read_a_little_more_takes_no_core_away(tmp_path: Path) -> None:
    with connect(reads=[file_of(tmp_path / "observation.csv", LITTLE + 1)]) as connection:
        expect(connection, [file_of(tmp_path / "stock.csv", 10)])
        assert threads(connection) == CORES


def test_files_together_are_much(tmp_path: Path) -> None:
    parts = [file_of(tmp_path / f"{number}.csv", LITTLE // 2 + 1) for number in range(2)]
    with connect(reads=parts) as connection:
        assert threads(connection) == CORES


def test_a_warehouse_that_is_large_is_judged_by_every_core(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with connect(warehouse) as connection:
        assert threads(connection) == 1
        connection.execute("create table note as select hash(range) as number, hash(range, 1) as other from range(1_000_000)")
    assert warehouse.stat().st_size > LITTLE
    with connect(warehouse) as connection:
        assert threads(connection) == CORES
