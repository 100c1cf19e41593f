"""Reads the report's figures: one SQL file a question, the answer as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]
SHARED = ("report_finding", "report_outcome", "report_dose", "report_change")
BATCH = 500


class Answer(Protocol):
    """The rows of a query, a batch at a time."""

    @property
    def description(self) -> Any: ...
    def fetchmany(self, size: int, /) -> list[Any]: ...


class Connection(Protocol):
    """All that a report needs of the engine: it runs SQL."""

    def execute(self, query: str, /) -> Answer: ...


class Summaries:
    """The SQL files of one folder, run on the connection that holds a judged run."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        for name in SHARED:
            connection.execute(f"create or replace temp table {name} as {self._sql(name)}")

    def has(self, table: str) -> bool:
        """Whether the run stored this table: one that its protocol does not need, or an older release did not know, is missing."""
        found = self._connection.execute(f"select count(*) from duckdb_tables() where temporary and table_name = '{table}'")
        return bool(found.fetchmany(1)[0][0])

    def rows(self, name: str) -> list[Row]:
        """All rows of the summary called ``name``."""
        return list(self.stream(name))

    def tables(self, prefix: str) -> list[str]:
        """The tables of the run whose names begin so."""
        found = self._connection.execute(
            f"select distinct table_name from information_schema.tables where starts_with(table_name, '{prefix}')"
        )
        return sorted(name for (name,) in found.fetchmany(BATCH))

    def table(self, name: str) -> Iterator[Row]:
        """The rows of a table as they were stored."""
        return self._read(f"select * from {name}")

    def stream(self, name: str) -> Iterator[Row]:
        """The rows of a long summary, a batch in memory at a time."""
        return self._read(self._sql(name))

    def _read(self, query: str) -> Iterator[Row]:
        cursor = self._connection.execute(query)
        columns = [column[0] for column in cursor.description or ()]
        while batch := cursor.fetchmany(BATCH):
            yield from (dict(zip(columns, values, strict=True)) for values in batch)

    def _sql(self, name: str) -> str:
        return (self._folder / f"{name}.sql").read_text(encoding="utf-8")
