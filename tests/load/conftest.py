"""A site that exports extracts into a folder, and a warehouse that they are loaded into."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.load import InputFile, LoadResult, load

Row = dict[str, str]

BOLUS: Row = {
    "administration_id": "A1",
    "patient_id": "P1",
    "event": "bolus",
    "started_at": "2026-06-15T10:00:00Z",
    "dose": "20",
    "dose_unit": "mg",
}
WEIGHT: Row = {"patient_id": "P1", "kind": "weight", "value": "70", "unit": "kg", "effective_at": "2026-06-15T09:00:00Z"}


def bolus(administration_id: str = "A1", **cells: str) -> Row:
    """One administration row."""
    return {**BOLUS, "administration_id": administration_id, **cells}


def csv_text(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """Rows as a CSV file."""
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    target = io.StringIO()
    writer = csv.DictWriter(target, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


@dataclass
class Site:
    """A folder of one extract, and the warehouse."""

    folder: Path
    connection: Connection = field(default_factory=connect)

    def write(self, name: str, content: str | bytes | Sequence[Row]) -> Path:
        """Write one file of the extract: text, bytes or rows."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes((content if isinstance(content, str) else csv_text(content)).encode())
        return path

    def give(self, *rows: Row, **tables: Sequence[Row]) -> Site:
        """Write administration rows (one good bolus, if none are given) and other tables."""
        self.write("administration.csv", list(rows) or [bolus()])
        for table, of_table in tables.items():
            self.write(f"{table}.csv", of_table)
        return self

    def manifest(self, text: str) -> Site:
        """Write the manifest."""
        self.write("manifest.toml", text)
        return self

    def load(self, **options: Any) -> LoadResult:
        """Load the folder."""
        return load(self.connection, [self.folder], **options)

    def counts(self, table: str, result: LoadResult | None = None) -> tuple[int, int, int, int]:
        """Received, loaded, quarantined and duplicates of a table."""
        files = [file for file in (result or self.load()).inputs if file.table == table]
        return (
            sum(f.received for f in files),
            sum(f.loaded for f in files),
            sum(f.quarantined for f in files),
            sum(f.duplicates for f in files),
        )

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, *parameters: Any) -> Any:
        """The only cell of a query."""
        ((found,),) = self.query(sql, *parameters)
        return found

    def quarantine(self, columns: str = "table_name, line, scope, column_name, reason, raw") -> list[tuple[Any, ...]]:
        """What was kept out or made unknown."""
        return self.query(f"select {columns} from quarantine order by table_name, file_id, line, column_name")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty extract folder and an empty warehouse."""
    folder = tmp_path / "extract"
    folder.mkdir()
    return Site(folder)


@pytest.fixture
def extract(tmp_path: Path, site: Site) -> Callable[[str], Site]:
    """Further extracts of the same site, into the same warehouse."""

    def make(name: str) -> Site:
        folder = tmp_path / name
        folder.mkdir()
        return Site(folder, site.connection)

    return make


def of_table(result: LoadResult, table: str) -> InputFile:
    """The only file of a table."""
    (found,) = [file for file in result.inputs if file.table == table]
    return found
