"""Reading files into stages: temporary tables whose rows are typed and judged, with the file and line they came from."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from infusion_audit.engine import Connection, EngineError, UnreadableFile
from infusion_audit.errors import UserError
from infusion_audit.inputs import HARMLESS, NOT_WHOLE_GZIP, TIGHTEST, Columns, DataFile, csv_header
from infusion_audit.salvage import LONGEST_RECORD, Scan, has_tabs, salvage, salvage_tabs, scan
from infusion_audit.spreadsheet import SUFFIX as SHEET
from infusion_audit.spreadsheet import sheet_header, sheet_to_csv
from infusion_audit.timezones import ALL_YEARS

SALVAGED_LINE = "line"
NOT_WHOLE_PARQUET = "is not a whole Parquet file; it broke off on the way: export or copy it again"
OWN = "new_line='\\n', "  # how the files of one's own making end their lines


@dataclass(frozen=True)
class TextRows:
    """A select of text cells, how the line of a row is found once it is stored, and the hash of the file they come from."""

    select: str
    line: str
    """An expression over the stored rows: their position in the file, or the line that they carry."""
    sha256: str = ""


@dataclass
class Scratch:
    """A folder for what is unpacked or salvaged during one load."""

    folder: Path
    made: int = 0

    def path(self, name: str) -> Path:
        """A new path in the folder."""
        self.made += 1
        return self.folder / f"{self.made}-{name}"


@dataclass
class Reader:
    """Reads data files for one load."""

    connection: Connection
    scratch: Scratch
    made: list[str] = field(default_factory=lambda: [])
    """The temporary tables and views of this load."""
    hashes: dict[Path, str] = field(default_factory=lambda: {})
    """The hashes of files that were read to their end already."""
    unread_sheets: list[tuple[str, str]] = field(default_factory=lambda: [])
    """The workbooks that were read, with each sheet of them that was not and has rows."""
    watch: Callable[[str], None] = lambda _: None
    """Told of every stage while the view ``source`` still holds its cells as they were written."""

    def clean(self) -> None:
        """Drop what the load needed only for itself."""
        for relation in reversed(self.made):
            self.connection.execute(f"drop {relation}")
        self.made.clear()

    def hash_of(self, file: DataFile) -> str:
        """The hash of a file's bytes."""
        if known := self.hashes.get(file.path):
            return known
        with file.path.open("rb", buffering=0) as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()

    def header(self, file: DataFile) -> list[str]:
        """The column names of a file; raises ValueError, with what is wrong, when they cannot be read."""
        if file.suffix == SHEET:
            return sheet_header(file.path, file.table)
        return self.parquet_columns(file) if file.suffix == ".parquet" else csv_header(file)

    def parquet_columns(self, file: DataFile) -> list[str]:
        """The column names of a Parquet file; raises ValueError, with what is wrong, when it is none."""
        try:
            rows = self.connection.execute(f"describe select * from read_parquet({quoted_path(file.path)})").fetchall()
        except EngineError:
            raise ValueError(NOT_WHOLE_PARQUET) from None
        return [str(row[0]) for row in rows]

    def years(self, file: DataFile, columns: Columns, times: Sequence[str]) -> tuple[int, int] | None:
        """The first and last year in the local times of a file, as far as it can be read at all."""
        if file.suffix == SHEET:
            return ALL_YEARS
        if file.suffix == ".parquet":
            relation, cells = f"read_parquet({quoted_path(file.path)})", _parquet_cells(columns)
        else:
            names = [f"c{at}" for at in range(len(columns.names))]
            relation, cells = _read_csv(file.path, names, skip=1, lenient=True), _cell_names(columns)
        found = [f"left(trim({cells[time]}, e' \\t\\r\\n'), 4)" for time in times if time in cells]
        if not found:
            return None
        rows = self.connection.execute(
            f"""select min(year), max(year) from (select unnest([{", ".join(found)}]) as year from {relation})
            where year between '{ALL_YEARS[0]}' and '{ALL_YEARS[1]}' and try_cast(year as integer) is not null"""
        ).fetchone()
        return (int(rows[0]), int(rows[1])) if rows and rows[0] else None

    def text_view(self, view: str, files: Sequence[tuple[int, DataFile]], columns: dict[Path, Columns]) -> None:
        """Make the view of a foreign format: all cells text, with the number of the file and the line."""
        parts: list[str] = []
        for number, file in files:
            stage, matched = f"text_{view}_{number}", columns[file.path]
            wanted = [*file.needs, *file.uses] or [name for name in matched.matched if name]
            rows = self.store(stage, file, number, matched, wanted, "select * from source")
            cells = ", ".join(f"{_foreign_cell(name, file)} as {identifier(name)}" for name in wanted)
            parts.append(f"select file_id, {rows.line} as line, {cells} from {stage}")
        self.connection.execute(f"create or replace temp view {view} as {' union all by name '.join(parts)}")
        self.made.append(f"view if exists {view}")

    def empty_view(self, view: str, columns: Sequence[str]) -> None:
        """Make the view of a file that is missing: its columns, and no row."""
        cells = ", ".join(f"null::varchar as {identifier(name)}" for name in columns)
        self.connection.execute(
            f"create or replace temp view {view} as select null::integer as file_id, null::integer as line, {cells} limit 0"
        )
        self.made.append(f"view if exists {view}")

    def map_view(self, view: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Make the table of a code map."""
        self.connection.execute(f"create or replace temp table {view} ({', '.join(f'{identifier(name)} varchar' for name in columns)})")
        self.made.append(f"table if exists {view}")
        listed = [list(row) for row in zip(*rows, strict=True)]
        if listed:
            cells = ", ".join("unnest(?::varchar[])" for _ in listed)
            self.connection.execute(f"insert into {view} select {cells}", listed)

    def table(self, name: str, select: str) -> None:
        """Make a table of this load from a select."""
        self.connection.execute(f"create or replace temp table {name} as {select}")
        self.made.append(f"table if exists {name}")

    def store(self, name: str, file: DataFile, file_id: int, columns: Columns, wanted: Sequence[str], judge: str) -> TextRows:
        """Create the temporary table ``name``: ``judge`` applied to the view ``source`` of a file's text cells.

        ``wanted`` are the columns of ``source``; those that the file lacks are empty.
        """
        with unchanged(file):
            if file.suffix == ".parquet":
                return self._store_parquet(name, file, file_id, columns, wanted, judge)
            if file.suffix == SHEET:
                return self._store_sheet(name, file, file_id, columns, wanted, judge)
            return self._store_csv(name, file, file_id, columns, wanted, judge)

    def _store_parquet(self, name: str, file: DataFile, file_id: int, columns: Columns, wanted: Sequence[str], judge: str) -> TextRows:
        cells = _parquet_cells(columns)
        select = _source(f"read_parquet({quoted_path(file.path)})", file_id, cells, wanted, line="null::integer")
        with ThreadPoolExecutor(1) as pool:
            digest = pool.submit(self.hash_of, file)
            try:
                self.judge(name, select, judge)
            except UnreadableFile:
                raise UserError(f"{file.name} {NOT_WHOLE_PARQUET}") from None
            return TextRows(select, "rowid + 1", digest.result())

    def _store_csv(self, name: str, file: DataFile, file_id: int, columns: Columns, wanted: Sequence[str], judge: str) -> TextRows:
        path, packed_hash = self.plain(file)
        cells = _cell_names(columns)
        with path.open("rb") as plain:
            tabs = has_tabs(plain.read(LONGEST_RECORD), file.tabs)
        read = _read_csv(path, [f"c{at}" for at in range(len(columns.names))], skip=1, tabs=tabs)
        select = _source(read, file_id, cells, wanted, line="null::integer")
        with ThreadPoolExecutor(1) as pool:
            scanning = pool.submit(scan, path)
            try:
                self.judge(name, select, judge)
                rows = self.count(name)
            except EngineError:  # the salvaged copy raises again when it was not the file's fault
                rows = -1
            scanned = scanning.result()
        sha256 = packed_hash or scanned.sha256
        if scanned.sound and rows + 1 == scanned.lines:
            return TextRows(select, "rowid + 2", sha256)
        take_apart = salvage_tabs if tabs else salvage
        return self._store_salvaged(name, file, file_id, columns, wanted, judge, path, scanned, sha256, take_apart)

    def _store_salvaged(
        self,
        name: str,
        file: DataFile,
        file_id: int,
        columns: Columns,
        wanted: Sequence[str],
        judge: str,
        path: Path,
        scanned: Scan,
        sha256: str,
        take_apart: Callable[..., None],
    ) -> TextRows:
        good, bad = self.scratch.path("good.csv"), self.scratch.path("bad.csv")
        identity = columns.matched.index(file.patient) if file.patient in columns.matched else None
        take_apart(path, scanned.line_end, len(columns.names), identity, good, bad)
        return self._store_numbered(name, file, file_id, columns, wanted, judge, good, bad, sha256)

    def _store_sheet(self, name: str, file: DataFile, file_id: int, columns: Columns, wanted: Sequence[str], judge: str) -> TextRows:
        good, bad = self.scratch.path("good.csv"), self.scratch.path("bad.csv")
        try:
            unread = sheet_to_csv(file.path, file.table, columns.names, columns.matched, good, bad)
        except ValueError as error:
            raise UserError(f"{file.name} {error}") from None
        self.unread_sheets += [(file.name, title) for title in unread]
        return self._store_numbered(name, file, file_id, columns, wanted, judge, good, bad, self.hash_of(file))

    def _store_numbered(
        self,
        name: str,
        file: DataFile,
        file_id: int,
        columns: Columns,
        wanted: Sequence[str],
        judge: str,
        good: Path,
        bad: Path,
        sha256: str,
    ) -> TextRows:
        """Store records that carry their line in front, and list those that are none."""
        read = _read_csv(good, ["line", *(f"c{at}" for at in range(len(columns.names)))], skip=0, options=OWN)
        select = _source(read, file_id, _cell_names(columns), wanted, line="cast(line as integer)")
        self.judge(name, select, judge)
        self.list_broken(file, file_id, bad, ["line", "reason", "raw", "patient_id"], patient="nullif(patient_id, '')")
        return TextRows(select, SALVAGED_LINE, sha256)

    def list_broken(
        self, file: DataFile, file_id: int, bad: Path, columns: Sequence[str], *, patient: str = "null", line: str = "line"
    ) -> None:
        """Take in the list of the lines of a file that are no records."""
        self.connection.execute(
            f"""insert into broken_line (file_id, line, reason, raw, patient_id, table_name)
            select {file_id}, cast({line} as integer), reason, raw, {patient}, '{file.table}'
            from {_read_csv(bad, columns, skip=0, options=OWN)}"""
        )

    def judge(self, name: str, select: str, judge: str) -> None:
        """Create the temporary table ``name``: ``judge`` applied to the rows of ``select``, which it knows as ``source``."""
        self.connection.execute(f"create or replace temp view source as {select}")
        self.table(name, judge)
        self.watch(name)

    def count(self, name: str) -> int:
        """How many rows a table has."""
        found = self.connection.execute(f"select count(*) from {name}").fetchone()
        return int(found[0]) if found else 0

    def plain(self, file: DataFile) -> tuple[Path, str]:
        """The file itself, or an unpacked copy of it with the hash of the packed bytes."""
        if not file.suffix.endswith(".gz"):
            return file.path, ""
        plain = self.scratch.path("unpacked")
        with file.path.open("rb", buffering=0) as raw, plain.open("wb") as target:
            hashed = _Hashed(raw)
            try:
                with gzip.GzipFile(fileobj=hashed) as packed:
                    most = max(HARMLESS, TIGHTEST * file.path.stat().st_size)
                    while block := packed.read(1 << 20):
                        if target.write(block) and target.tell() > most:
                            raise UserError(
                                f"{file.name} unpacks to more than {TIGHTEST} times its size, which no records do; nothing was loaded",
                                hint="It is damaged, or made to fill the machine: export it again.",
                            )
            except (OSError, EOFError, zlib.error):
                raise UserError(f"{file.name} {NOT_WHOLE_GZIP}") from None
        return plain, hashed.digest.hexdigest()


@contextmanager
def unchanged(file: DataFile) -> Generator[None]:
    """Refuse a file that was written to while it was read."""
    before = file.path.stat()
    yield
    after = file.path.stat()
    if (before.st_ino, before.st_size, before.st_mtime_ns) != (after.st_ino, after.st_size, after.st_mtime_ns):
        raise UserError(f"{file.name} changed while it was read; run again when the export is complete")


class _Hashed(BufferedIOBase):
    """A file whose bytes are hashed as they are read."""

    def __init__(self, raw: Any) -> None:
        self.raw_file = raw
        self.digest = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and hash."""
        block: bytes = self.raw_file.read(size)
        self.digest.update(block)
        return block


def quoted_path(path: Path) -> str:
    """A path as an SQL text that the engine does not take for a pattern."""
    plain = "".join(f"[{mark}]" if mark in "[*?" else mark for mark in str(path))
    return text_literal(plain)


def text_literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column or table name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _foreign_cell(name: str, file: DataFile) -> str:
    """A cell of a foreign format's view; where the format says what it needs, a blank one is none."""
    cell = identifier(name)
    if not file.needs:
        return cell
    cell = f"nullif(trim({cell}), '')"
    return f"regexp_replace({cell}, '^([0-9]+)\\.0+$', '\\1')" if file.whole and name.endswith(file.whole) else cell


def _parquet_cells(columns: Columns) -> dict[str, str]:
    return {known: f"cast({identifier(name)} as varchar)" for name, known in zip(columns.names, columns.matched, strict=True) if known}


def _cell_names(columns: Columns) -> dict[str, str]:
    return {known: f"c{at}" for at, known in enumerate(columns.matched) if known}


def _source(relation: str, file_id: int, cells: dict[str, str], wanted: Sequence[str], *, line: str) -> str:
    selected = [f"{cells.get(column, 'null::varchar')} as {identifier(column)}" for column in wanted]
    return f"select {file_id}::integer as file_id, {line} as line, {', '.join(selected)} from {relation}"


def _read_csv(path: Path, names: Iterable[str], *, skip: int, lenient: bool = False, tabs: bool = False, options: str = "") -> str:
    ways = "strict_mode=false, ignore_errors=true, null_padding=true, parallel=false" if lenient else "strict_mode=true"
    columns = ", ".join(f"{name}: 'varchar'" for name in names)
    marks = "delim='\t', quote='', escape=''" if tabs else "delim=',', quote='\"', escape='\"'"
    return f"read_csv({quoted_path(path)}, auto_detect=false, header=false, skip={skip}, {marks}, {ways}, {options}columns={{{columns}}})"
