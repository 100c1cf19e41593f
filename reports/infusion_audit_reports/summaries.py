"""Reads the report's figures: one SQL file a question, the answer as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]
SHARED = ("report_finding", "report_outcome", "report_change")
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

    def rows(self, name: str) -> list[Row]:
        """All rows of the summary called ``name``."""
        return list(self.stream(name))

    def stream(self, name: str) -> Iterator[Row]:
        """The rows of a long summary, a batch in memory at a time."""
        cursor = self._connection.execute(self._sql(name))
        columns = [column[0] for column in cursor.description or ()]
        while batch := cursor.fetchmany(BATCH):
            yield from (dict(zip(columns, values, strict=True)) for values in batch)

    def _sql(self, name: str) -> str:
        return (self._folder / f"{name}.sql").read_text(encoding="utf-8")
