"""What a load takes in: every new file of the canonical tables read into a stage, and known files looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from infusion_audit.date_texts import refuse_date_texts
from infusion_audit.engine import Connection
from infusion_audit.errors import UserError
from infusion_audit.inputs import Columns, DataFile
from infusion_audit.manifest import Manifest
from infusion_audit.settle import Stage
from infusion_audit.staging import Reader
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
    given: dict[str, set[str]] = field(default_factory=lambda: {})
    """By table: the columns that the extract gives."""
    repeated: list[tuple[int, str]] = field(default_factory=lambda: [])
    """The known files that this extract brings again: their number, and their name in it."""
    source_sha256: str | None = None
    """The hash of the format's own files; another mapping reads the same bytes anew."""
    covers_found: bool = False
    """Only what the extract has a row of is covered, where the manifest does not say otherwise."""
    identities: dict[str, str] = field(default_factory=lambda: {})
    """By table: the temporary table of the identities that the extract brings, where its format knows them."""
    notices: list[tuple[str, str, int]] = field(default_factory=lambda: [])
    """What the extract holds and nothing uses: topic, value, occurrences."""


def stage_canonical(running: Intake, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
    new: list[DataFile] = []
    for file in files:
        known = _stored_reading(running, file, lambda file=file: running.reader.hash_of(file))
        if known:
            running.stored.append(replace(known, file=file.name))
        else:
            new.append(file)
    define_local_time(running.connection, running.manifest.zone, _years_in(running, new, columns))
    for file in new:
        running.say(f"reading {file.name}")
        table, matched = running.tables[file.table], columns[file.path]
        entry = enter(running, file.table, file.name, matched.unknown)
        running.given.setdefault(file.table, set()).update(name for name in matched.matched if name)
        stage = f"stage_{entry.file_id}"
        rows = running.reader.store(stage, file, entry.file_id, matched, column_names(table), judge_of(table))
        entry.sha256 = rows.sha256
        staged = Stage(stage, rows.line)
        refuse_date_texts(running.connection, staged, table, {entry.file_id: file.name})
        running.stages.setdefault(file.table, []).append(staged)


def _years_in(running: Intake, files: Sequence[DataFile], columns: dict[Path, Columns]) -> tuple[int, int]:
    """The years that small files speak of; with a large one it is cheaper to know the zone's every year than to read it twice."""
    if running.manifest.zone.key in ALWAYS_UTC or any(file.path.stat().st_size > SMALL for file in files):
        return possible_years(running)
    times = {name: [column["name"] for column in table["columns"] if column["type"] == "instant"] for name, table in running.tables.items()}
    found = [years for file in files if (years := running.reader.years(file, columns[file.path], times[file.table]))]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else (2000, 2000)


def _stored_reading(running: Intake, file: DataFile, sha256: Callable[[], str]) -> InputFile | None:
    """The same bytes, read as the same table of the same extract before; None when they are new."""
    if running.next_id == 1:
        return None
    stored = running.connection.execute(
        """select
            f.table_name, f.file, f.sha256, f.received, f.loaded, f.quarantined, f.duplicates,
            x.extract_id, x.timezone, x.extracted_at, f.file_id
        from input_file as f inner join extract as x on x.extract_id = f.extract_id
        where f.table_name = $table and x.source_name = $source order by f.file_id""",
        {"table": file.table, "source": running.source},
    ).fetchall()
    if not stored:
        return None
    digest = sha256()
    same = [row for row in stored if row[2] == digest]
    refuse_other_zone(running, f"of the table {file.table}", {str(row[8]) for row in same})
    for row in same:
        if row[9] == running.manifest.extracted_at:
            running.stored_extracts.add(int(row[7]))
            running.repeated.append((int(row[10]), file.name))
            return InputFile(*row[:7], already_loaded=True)
    return None


def possible_years(running: Intake) -> tuple[int, int]:
    """The years that a time can be in: after the extraction it is broken whatever its zone."""
    taken = running.manifest.extracted_at
    return (ALL_YEARS[0], taken.year + 1) if taken else ALL_YEARS


def refuse_other_zone(running: Intake, of_what: str, stored: set[str]) -> None:
    """The same rows cannot be read in two time zones."""
    zones = stored - {running.manifest.zone.key}
    if zones:
        raise UserError(
            f"a file {of_what} was loaded before with the time zone {', '.join(sorted(zones))}; now it is {running.manifest.zone.key}",
            hint="The same rows cannot be read in two time zones: choose a new --workspace, or restore the manifest.",
        )


def enter(running: Intake, table: str, name: str, unknown: list[str], sha256: str = "") -> Entry:
    """A new file of the warehouse."""
    entry = Entry(table, name, sha256, running.next_id + len(running.entries), unknown)
    running.entries.append(entry)
    return entry
