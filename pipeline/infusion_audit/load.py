"""Loading an extract: find its files, read and judge their rows, and settle them in the warehouse in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from infusion_audit_schemas import dictionary

from infusion_audit.engine import Connection, resource
from infusion_audit.errors import UserError
from infusion_audit.inputs import Columns, DataFile, Extract, csv_header, find_extract, match_columns, raise_problems
from infusion_audit.manifest import OPEN_FROM, OPEN_TO, Manifest, read_manifest
from infusion_audit.settle import Counts, Settling, Stage
from infusion_audit.sources import Source, find_source, find_source_files, select_columns
from infusion_audit.staging import Reader, Scratch, identifier
from infusion_audit.timezones import ALL_YEARS, ALWAYS_UTC, define_local_time, zone_of
from infusion_audit.validate import TableEntry, column_names, judge_of, quarantine_broken_lines

CANONICAL = "canonical"
SMALL = 20_000_000  # bytes; below this it pays to look which years a file speaks of


@dataclass(frozen=True)
class InputFile:
    """One file of the extract (for another format: one file as far as it fed one table) and what became of its rows."""

    table: str
    file: str
    sha256: str
    received: int
    loaded: int
    quarantined: int
    duplicates: int
    already_loaded: bool = False


@dataclass(frozen=True)
class LoadResult:
    """What a load did."""

    extract_id: int
    inputs: list[InputFile]
    unknown_columns: dict[str, list[str]]
    """By file: the columns that the contract does not know, which were kept out."""
    manifest: Manifest

    @property
    def already_loaded(self) -> bool:
        """True when the warehouse held every file before."""
        return all(file.already_loaded for file in self.inputs)


@dataclass
class _Entry:
    """A file on its way into the warehouse."""

    table: str
    file: str
    sha256: str
    file_id: int
    unknown: list[str] = field(default_factory=lambda: [])


@dataclass
class _Load:
    """One load: what it reads from, and what it has staged so far."""

    connection: Connection
    reader: Reader
    tables: dict[str, TableEntry]
    manifest: Manifest
    source: str
    say: Callable[[str], None]
    next_id: int
    entries: list[_Entry] = field(default_factory=lambda: [])
    stages: dict[str, list[Stage]] = field(default_factory=lambda: {})
    stored: list[InputFile] = field(default_factory=lambda: [])
    stored_extracts: set[int] = field(default_factory=lambda: set())


def load(connection: Connection, data: Sequence[Path], *, source: str = CANONICAL, progress: Callable[[str], None] | None = None) -> LoadResult:
    """Load the extract below these paths into the warehouse; loading it again changes nothing."""
    tables = {str(table["table"]): table for table in dictionary()}
    with TemporaryDirectory(prefix="infusion-audit-") as folder:
        reader = Reader(connection, Scratch(Path(folder)))
        found = None if source == CANONICAL else find_source(source, list(tables))
        extract = find_source_files(data, found) if found else find_extract(data, list(tables.values()))
        manifest = _manifest(extract, found, tables)
        columns = _match_all(reader, extract.files, tables, foreign=found is not None)
        prepare(connection, manifest)
        running = _Load(connection, reader, tables, manifest, source, progress or (lambda _: None), _next(connection, "input_file", "file_id"))
        try:
            if found:
                _stage_foreign(running, found, extract.files, columns)
            else:
                _stage_canonical(running, extract.files, columns)
            return _settle_all(running, extract)
        finally:
            reader.clean()


def prepare(connection: Connection, manifest: Manifest) -> None:
    """Create what the warehouse lacks, and define how this extract's cells are read."""
    folder = resource("sql") / "load"
    connection.execute((folder / "warehouse.sql").read_text(encoding="utf-8"))
    for table in dictionary():
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in table["stored"])
        connection.execute(f"create table if not exists {table['table']} ({columns}, file_id integer, line integer)")
    connection.execute((folder / "macros.sql").read_text(encoding="utf-8"))
    taken = manifest.extracted_at
    day = taken.replace(tzinfo=timezone.utc).astimezone(manifest.zone).date() if taken else None
    connection.execute(f"set variable extracted_at = {_literal(taken, 'timestamp')}")
    connection.execute(f"set variable extracted_on = {_literal(day, 'date')}")
    connection.execute(
        "create or replace temp table broken_line (file_id integer, line integer, reason varchar, raw varchar, patient_id varchar, table_name varchar)"
    )


def _manifest(extract: Extract, source: Source | None, tables: dict[str, TableEntry]) -> Manifest:
    kinds = {name: [kind for column in table["columns"] if column["name"] == "kind" for kind in column["allowed"]] for name, table in tables.items()}
    manifest = read_manifest(extract.manifest, kinds)
    if source is None or source.timezone == "manifest":
        return manifest
    try:
        return replace(manifest, zone=zone_of(source.timezone))
    except ValueError as error:
        raise UserError(f"source.toml of {source.name}: timezone: {error}") from None


def _match_all(reader: Reader, files: Sequence[DataFile], tables: dict[str, TableEntry], *, foreign: bool) -> dict[Path, Columns]:
    """The columns of every file, matched by name; all that is wrong with any of them is told at once."""
    matched: dict[Path, Columns] = {}
    problems: list[str] = []
    for file in files:
        try:
            names = reader.parquet_columns(file) if file.suffix == ".parquet" else csv_header(file)
        except ValueError as error:
            problems.append(f"{file.name} {error}")
            continue
        table = {"columns": [{"name": name.lower(), "required": False} for name in names]} if foreign else tables[file.table]
        matched[file.path], wrong = match_columns(names, table)
        problems += [f"{file.name}: {problem}" for problem in wrong]
    raise_problems(problems)
    return matched


def _stage_canonical(running: _Load, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
    new: list[DataFile] = []
    for file in files:
        known = _stored_reading(running, file.table, lambda file=file: running.reader.hash_of(file))
        if known:
            running.stored.append(replace(known, file=file.name))
        else:
            new.append(file)
    define_local_time(running.connection, running.manifest.zone, _years_in(running, new, columns))
    for file in new:
        running.say(f"reading {file.name}")
        table, matched = running.tables[file.table], columns[file.path]
        entry = _enter(running, file.table, file.name, matched.unknown)
        stage = f"stage_{entry.file_id}"
        rows = running.reader.store(stage, file, entry.file_id, matched, column_names(table), judge_of(table))
        entry.sha256 = rows.sha256
        running.stages.setdefault(file.table, []).append(Stage(stage, rows.line))


def _years_in(running: _Load, files: Sequence[DataFile], columns: dict[Path, Columns]) -> tuple[int, int]:
    """The years that small files speak of; with a large one it is cheaper to know the zone's every year than to read it twice."""
    if running.manifest.zone.key in ALWAYS_UTC or any(file.path.stat().st_size > SMALL for file in files):
        return ALL_YEARS
    times = {name: [column["name"] for column in table["columns"] if column["type"] == "instant"] for name, table in running.tables.items()}
    found = [years for file in files if (years := running.reader.years(file, columns[file.path], times[file.table]))]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else (2000, 2000)


def _stage_foreign(running: _Load, source: Source, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
    """Make the views of a format, run its selects over them, and judge what they give like canonical rows."""
    connection = running.connection
    hashes = {file.path: running.reader.hash_of(file) for file in files}
    numbered = list(enumerate(files, 1))
    feeds = {table: [(at, file) for at, file in numbered if file.table in source.views_of(table)] for table in source.selects}
    pairs = [(table, file) for table, fed in feeds.items() for _, file in fed]
    known = [_stored_reading(running, table, lambda file=file: hashes[file.path]) for table, file in pairs]
    if pairs and all(known):
        lines = [_stored_reading(running, file.table, lambda file=file: hashes[file.path]) for file in files]
        both = [*zip(known, (file for _, file in pairs), strict=True), *zip(lines, files, strict=True)]
        running.stored += [replace(stored, file=file.name) for stored, file in both if stored]
        return
    for view in source.reads:
        of_view = [(at, file) for at, file in numbered if file.table == view]
        if of_view:
            running.say(f"reading {view}")
            running.reader.text_view(view, of_view, columns)
    define_local_time(connection, running.manifest.zone)
    for table, fed in feeds.items():
        if not fed or any(not any(file.table == view for file in files) for view in source.views_of(table)):
            continue
        running.say(f"reading {table}")
        ids = [(at, _enter(running, table, file.name, [], hashes[file.path]).file_id) for at, file in fed]
        _run_select(running, source, table, ids)
    _enter_broken_lines(running, numbered, hashes)


def _enter_broken_lines(running: _Load, files: Sequence[tuple[int, DataFile]], hashes: dict[Path, str]) -> None:
    """Lines of a foreign file that are no records belong to no canonical table; they are listed under the name of the file's view."""
    numbers = {row[0] for row in running.connection.execute("select distinct file_id from broken_line").fetchall()}
    for number, file in files:
        if number in numbers:
            entry = _enter(running, file.table, file.name, [], hashes[file.path])
            running.connection.execute("update broken_line set file_id = -$entry where file_id = $number", {"entry": entry.file_id, "number": number})
    running.connection.execute("update broken_line set file_id = -file_id where file_id < 0")


def _count_foreign_lines(running: _Load) -> dict[int, Counts]:
    """Quarantine the broken lines of foreign files, and count them."""
    foreign = [entry for entry in running.entries if entry.table not in running.tables]
    for view in {entry.table for entry in foreign}:
        quarantine_broken_lines(running.connection, view)
    rows = dict(running.connection.execute("select file_id, count(*) from broken_line group by file_id").fetchall())
    return {entry.file_id: Counts(rows[entry.file_id], 0, rows[entry.file_id], 0) for entry in foreign}


def _run_select(running: _Load, source: Source, table: str, ids: Sequence[tuple[int, int]]) -> None:
    """Judge the rows that a select gives. ``ids`` maps the numbers of its files to those of the warehouse."""
    entry = running.tables[table]
    given = select_columns(running.connection, source, table, {column["name"]: column["required"] for column in entry["columns"]})
    cells = [f"cast({identifier(name)} as varchar)" if name in given else "null::varchar" for name in column_names(entry)]
    selected = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, column_names(entry), strict=True))
    numbers = " ".join(f"when {at} then {file_id}" for at, file_id in ids)
    rows = source.selects[table].rstrip().rstrip(";")
    select = f"select case cast(file_id as integer) {numbers} end as file_id, cast(line as integer) as line, {selected} from ({rows}\n)"
    stage = f"stage_{ids[0][1]}"
    running.reader.judge(stage, select, judge_of(entry))
    if running.connection.execute(f"select 1 from {stage} where file_id is null or line is null limit 1").fetchone():
        raise UserError(f"the select {table}.sql of the source {source.name} gives rows without the file_id and line of a file that it reads")
    running.stages[table] = [Stage(stage, "line")]


def _stored_reading(running: _Load, table: str, sha256: Callable[[], str]) -> InputFile | None:
    """The same bytes, read as the same table of the same extract before; None when they are new."""
    if running.next_id == 1:
        return None
    stored = running.connection.execute(
        """select f.table_name, f.file, f.sha256, f.received, f.loaded, f.quarantined, f.duplicates, x.extract_id, x.timezone, x.extracted_at
        from input_file as f inner join extract as x on x.extract_id = f.extract_id
        where f.table_name = $table and x.source_name = $source order by f.file_id""",
        {"table": table, "source": running.source},
    ).fetchall()
    if not stored:
        return None
    digest = sha256()
    same = [row for row in stored if row[2] == digest]
    zones = {str(row[8]) for row in same} - {running.manifest.zone.key}
    if zones:
        raise UserError(
            f"a file of the table {table} was loaded before with the time zone {', '.join(sorted(zones))}; now it is {running.manifest.zone.key}",
            hint="The same rows cannot be read in two time zones: choose a new --workspace, or restore the manifest.",
        )
    for row in same:
        if row[9] == running.manifest.extracted_at:
            running.stored_extracts.add(int(row[7]))
            return InputFile(*row[:7], already_loaded=True)
    return None


def _enter(running: _Load, table: str, name: str, unknown: list[str], sha256: str = "") -> _Entry:
    entry = _Entry(table, name, sha256, running.next_id + len(running.entries), unknown)
    running.entries.append(entry)
    return entry


def _settle_all(running: _Load, extract: Extract) -> LoadResult:
    """Put everything that was staged into the warehouse, or nothing."""
    connection = running.connection
    with _transaction(connection):
        extract_id = _record_extract(running, extract)
        counts: dict[int, Counts] = {}
        for table, stages in running.stages.items():
            running.say(f"loading {table}")
            files = [entry.file_id for entry in running.entries if entry.table == table]
            counts |= Settling(connection, running.tables[table], extract_id, running.manifest.extracted_at).settle(stages, files)
        _attribute_broken_lines(connection)
        counts |= _count_foreign_lines(running)
        for entry in running.entries:
            _record_file(connection, entry, extract_id, counts[entry.file_id])
        _record_coverage(running, extract_id)
    new = [InputFile(entry.table, entry.file, entry.sha256, *_numbers(counts[entry.file_id])) for entry in running.entries]
    unknown = {entry.file: entry.unknown for entry in running.entries if entry.unknown}
    return LoadResult(extract_id, sorted([*running.stored, *new], key=lambda file: (file.table, file.file)), unknown, running.manifest)


def _numbers(counts: Counts) -> tuple[int, int, int, int]:
    return counts.received, counts.loaded, counts.quarantined, counts.duplicates


def _record_extract(running: _Load, extract: Extract) -> int:
    """A new extract, or the stored one again when it brought no new file; its manifest may have changed."""
    connection, manifest = running.connection, running.manifest
    again = not running.entries and len(running.stored_extracts) == 1
    extract_id = running.stored_extracts.pop() if again else _next(connection, "extract", "extract_id")
    if again:
        connection.execute("delete from extract where extract_id = ?", [extract_id])
        connection.execute("delete from coverage where extract_id = ?", [extract_id])
    name = running.source if running.source != CANONICAL else CANONICAL
    row = [extract_id, manifest.site or extract.name, manifest.zone.key, manifest.extracted_at, manifest.source_system, name]
    connection.execute("insert into extract values (?, ?, ?, ?, ?, ?)", row)
    return extract_id


def _record_file(connection: Connection, entry: _Entry, extract_id: int, counts: Counts) -> None:
    row = [entry.file_id, extract_id, entry.table, entry.file, entry.sha256, *_numbers(counts)]
    connection.execute("insert into input_file values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for column in entry.unknown:
        connection.execute("insert into unknown_column values (?, ?)", [entry.file_id, column])


def _record_coverage(running: _Load, extract_id: int) -> None:
    """What the manifest says; a table that is supplied and not mentioned covers everything."""
    mentioned = {coverage.table for coverage in running.manifest.coverage}
    supplied = ({file.table for file in running.stored} | {entry.table for entry in running.entries}) & set(running.tables)
    rows: list[list[Any]] = [[extract_id, table, None, None, OPEN_FROM, OPEN_TO] for table in sorted(supplied - mentioned)]
    for coverage in running.manifest.coverage:
        for kind in coverage.kinds or (None,):
            for department in coverage.departments or (None,):
                rows.append([extract_id, coverage.table, kind, department, coverage.covered_from, coverage.covered_to])
    for row in rows:
        running.connection.execute("insert into coverage values (?, ?, ?, ?, ?, ?)", row)


def _attribute_broken_lines(connection: Connection) -> None:
    """A broken line of which the identity is not a known patient's may hold one elsewhere: a shifted cell must not hide a lost dose."""
    connection.execute(
        """update quarantine set patient_id = shifted.patient_id
        from (
            select q.file_id, q.line, min(p.patient_id) as patient_id
            from broken_line as q
            inner join (select distinct patient_id from administration) as p
                on list_contains(list_transform(string_split(q.raw, ','), lambda cell: trim(cell, '" ')), p.patient_id)
            where q.table_name = 'administration' and coalesce(q.patient_id, '') not in (select patient_id from administration)
            group by q.file_id, q.line
        ) as shifted
        where quarantine.file_id = shifted.file_id and quarantine.line = shifted.line and quarantine.table_name = 'administration'"""
    )


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _next(connection: Connection, table: str, column: str) -> int:
    found = connection.execute(f"select coalesce(max({column}), 0) + 1 from {table}").fetchone()
    return int(found[0]) if found else 1


def _literal(value: Any, sql_type: str) -> str:
    return f"cast(null as {sql_type})" if value is None else f"{sql_type} '{value}'"
