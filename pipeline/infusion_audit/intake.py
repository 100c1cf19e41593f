"""What a load takes in: every new file read into a stage, canonical or by the selects of another format; known files looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from infusion_audit.engine import Connection
from infusion_audit.errors import UserError
from infusion_audit.inputs import Columns, DataFile
from infusion_audit.manifest import Manifest
from infusion_audit.settle import Stage
from infusion_audit.sources import Source, select_columns
from infusion_audit.staging import Reader, identifier
from infusion_audit.timezones import ALL_YEARS, ALWAYS_UTC, define_local_time
from infusion_audit.validate import TableEntry, column_names, judge_of

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


@dataclass
class Entry:
    """A file on its way into the warehouse."""

    table: str
    file: str
    sha256: str
    file_id: int
    unknown: list[str] = field(default_factory=lambda: [])


@dataclass
class Intake:
    """One load: what it reads from, and what it has staged so far."""

    connection: Connection
    reader: Reader
    tables: dict[str, TableEntry]
    manifest: Manifest
    source: str
    say: Callable[[str], None]
    next_id: int
    entries: list[Entry] = field(default_factory=lambda: [])
    stages: dict[str, list[Stage]] = field(default_factory=lambda: {})
    stored: list[InputFile] = field(default_factory=lambda: [])
    stored_extracts: set[int] = field(default_factory=lambda: set())


def stage_canonical(running: Intake, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
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


def _years_in(running: Intake, files: Sequence[DataFile], columns: dict[Path, Columns]) -> tuple[int, int]:
    """The years that small files speak of; with a large one it is cheaper to know the zone's every year than to read it twice."""
    if running.manifest.zone.key in ALWAYS_UTC or any(file.path.stat().st_size > SMALL for file in files):
        taken = running.manifest.extracted_at  # a later time is broken whatever its zone
        return (ALL_YEARS[0], taken.year + 1) if taken else ALL_YEARS
    times = {name: [column["name"] for column in table["columns"] if column["type"] == "instant"] for name, table in running.tables.items()}
    found = [years for file in files if (years := running.reader.years(file, columns[file.path], times[file.table]))]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else (2000, 2000)


def stage_foreign(running: Intake, source: Source, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
    """Make the views of a format, run its selects over them, and judge what they give like canonical rows."""
    connection = running.connection
    hashes = {file.path: running.reader.hash_of(file) for file in files}
    numbered = list(enumerate(files, 1))
    present = {file.table for file in files}
    fed = [table for table in source.selects if source.can_feed(table, present)]
    feeds = {table: [(at, file) for at, file in numbered if file.table in source.views_of(table)] for table in fed}
    pairs = [(table, file) for table, feeding in feeds.items() for _, file in feeding]
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
        elif view in source.empty:
            running.reader.empty_view(view, source.empty[view])
    define_local_time(connection, running.manifest.zone)
    for table, feeding in feeds.items():
        running.say(f"reading {table}")
        ids = [(at, _enter(running, table, file.name, [], hashes[file.path]).file_id) for at, file in feeding]
        _run_select(running, source, table, ids)
    _enter_broken_lines(running, numbered, hashes)


def _enter_broken_lines(running: Intake, files: Sequence[tuple[int, DataFile]], hashes: dict[Path, str]) -> None:
    """Lines of a foreign file that are no records belong to no canonical table; they are listed under the name of the file's view."""
    numbers = {row[0] for row in running.connection.execute("select distinct file_id from broken_line").fetchall()}
    for number, file in files:
        if number in numbers:
            entry = _enter(running, file.table, file.name, [], hashes[file.path])
            running.connection.execute(
                "update broken_line set file_id = -$entry where file_id = $number", {"entry": entry.file_id, "number": number}
            )
    running.connection.execute("update broken_line set file_id = -file_id where file_id < 0")


def _run_select(running: Intake, source: Source, table: str, ids: Sequence[tuple[int, int]]) -> None:
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
        raise UserError(
            f"the select {table}.sql of the source {source.name} gives rows without the file_id and line of a file that it reads"
        )
    running.stages[table] = [Stage(stage, "line")]


def _stored_reading(running: Intake, table: str, sha256: Callable[[], str]) -> InputFile | None:
    """The same bytes, read as the same table of the same extract before; None when they are new."""
    if running.next_id == 1:
        return None
    stored = running.connection.execute(
        """select
            f.table_name, f.file, f.sha256, f.received, f.loaded, f.quarantined, f.duplicates, x.extract_id, x.timezone, x.extracted_at
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
            f"a file of the table {table} was loaded before with the time zone {', '.join(sorted(zones))};"
            f" now it is {running.manifest.zone.key}",
            hint="The same rows cannot be read in two time zones: choose a new --workspace, or restore the manifest.",
        )
    for row in same:
        if row[9] == running.manifest.extracted_at:
            running.stored_extracts.add(int(row[7]))
            return InputFile(*row[:7], already_loaded=True)
    return None


def _enter(running: Intake, table: str, name: str, unknown: list[str], sha256: str = "") -> Entry:
    entry = Entry(table, name, sha256, running.next_id + len(running.entries), unknown)
    running.entries.append(entry)
    return entry
