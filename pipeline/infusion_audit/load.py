"""Loading an extract: find its files, read and judge their rows, and settle them in the warehouse in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infusion_audit.database import Database, fetch
from infusion_audit.engine import Connection, EngineError, expect, resource, transaction, use_all_cores
from infusion_audit.errors import UserError
from infusion_audit.inputs import Columns, DataFile, Extract, find_extract, match_columns, own_names, raise_problems
from infusion_audit.intake import Entry, InputFile, Intake, stage_canonical
from infusion_audit.intake_foreign import stage_foreign
from infusion_audit.manifest import OPEN_FROM, OPEN_TO, Manifest, read_manifest
from infusion_audit.settle import Counts, Settling
from infusion_audit.source_file import find_source
from infusion_audit.sources import Source, find_source_files
from infusion_audit.staging import Reader, Scratch
from infusion_audit.timezones import zone_of
from infusion_audit.validate import TableEntry, quarantine_broken_lines
from infusion_audit_schemas import dictionary

CANONICAL = "canonical"


@dataclass(frozen=True)
class LoadResult:
    """What a load did."""

    extract_id: int
    inputs: list[InputFile]
    unknown_columns: dict[str, list[str]]
    """By file: the columns that the contract does not know, which were kept out."""
    manifest: Manifest
    notices: list[tuple[str, str, int]] = field(default_factory=lambda: [])
    """What another format's files hold and it does not use: topic, value, occurrences."""
    given: dict[str, list[str]] = field(default_factory=lambda: {})
    """By table: the columns that the extract gives, be they empty or not."""

    @property
    def already_loaded(self) -> bool:
        """True when the warehouse held every file before."""
        return all(file.already_loaded for file in self.inputs)


def load(
    connection: Connection,
    data: Sequence[Path | Database],
    *,
    source: str = CANONICAL,
    progress: Callable[[str], None] | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> LoadResult:
    """Load the extract below these paths into the warehouse; loading it again changes nothing."""
    with staged(connection, data, source=source, progress=progress, watch=watch) as settle:
        return settle()


@contextmanager
def staged(
    connection: Connection,
    data: Sequence[Path | Database],
    *,
    source: str = CANONICAL,
    progress: Callable[[str], None] | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Generator[Callable[[], LoadResult]]:
    """Read and judge the rows of an extract; what is yielded puts them into the warehouse, in a transaction that may be the caller's."""
    tables = {str(table["table"]): table for table in dictionary()}
    with TemporaryDirectory(prefix="infusion-audit-") as folder:
        reader = Reader(connection, Scratch(Path(folder)), watch=watch)
        found = None if source == CANONICAL else find_source(source, list(tables))
        extract = _find(data, found, reader, progress or (lambda _: None), list(tables.values()))
        expect(connection, (file.path for file in extract.files))
        manifest = _manifest(extract, found, tables)
        columns = _match_all(reader, extract.files, tables, foreign=found is not None)
        prepare(connection, manifest)
        running = Intake(
            connection, reader, tables, manifest, source, progress or (lambda _: None), _next(connection, "input_file", "file_id")
        )
        try:
            if found:
                stage_foreign(running, found, extract.files, columns)
            else:
                stage_canonical(running, extract.files, columns)
            running.notices += [("sheet of a workbook that is not read", f"{file}: {title}", 1) for file, title in reader.unread_sheets]
            yield lambda: _settle_all(running, extract)
        except BaseException:
            with suppress(EngineError):  # an engine that cannot go on would hide why
                reader.clean()
            raise
        reader.clean()


def _find(
    data: Sequence[Path | Database], source: Source | None, reader: Reader, say: Callable[[str], None], tables: list[TableEntry]
) -> Extract:
    """The files of an extract; the tables of a database become files first."""
    paths = [each for each in data if isinstance(each, Path)]
    databases = [each for each in data if isinstance(each, Database)]
    if source is None:
        if databases:
            raise UserError("the canonical tables are read from files", hint="Say what a database holds: --source omop-5.4")
        return find_extract(paths, tables)
    if len(databases) > 1:
        raise UserError("an extract is read from one database, and two are given")
    if databases:
        use_all_cores(reader.connection)
    fetched = [file for each in databases for file in fetch(each, source, reader.connection, reader.scratch.path, say)]
    return find_source_files(paths, source, fetched, databases[0].name if databases else "")


def bring_up_to_date(connection: Connection) -> None:
    """Create what the warehouse lacks: all of it, or the columns that a release brought after the one that made it."""
    connection.execute((resource("sql") / "load" / "warehouse.sql").read_text(encoding="utf-8"))
    known = set(connection.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall())
    for table in dictionary():
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in table["stored"])
        for name in (str(table["table"]), f"{table['table']}_aside"):  # aside: good rows that another row replaces or says already
            connection.execute(f"create table if not exists {name} ({columns}, file_id integer, line integer)")
            if (name, "line") in known:
                for column, sql_type in table["stored"]:
                    if (name, column) not in known:
                        connection.execute(f"alter table {name} add column {column} {sql_type}")


def prepare(connection: Connection, manifest: Manifest) -> None:
    """Bring the warehouse up to date, and define how this extract's cells are read."""
    bring_up_to_date(connection)
    connection.execute((resource("sql") / "load" / "macros.sql").read_text(encoding="utf-8"))
    taken = manifest.extracted_at
    day = taken.replace(tzinfo=UTC).astimezone(manifest.zone).date() if taken else None
    connection.execute(f"set variable extracted_at = {_literal(taken, 'timestamp')}")
    connection.execute(f"set variable extracted_on = {_literal(day, 'date')}")


def _manifest(extract: Extract, source: Source | None, tables: dict[str, TableEntry]) -> Manifest:
    kinds = {
        name: [kind for column in table["columns"] if column["name"] == "kind" for kind in column["allowed"]]
        for name, table in tables.items()
    }
    manifest = read_manifest(extract.manifest, kinds)
    if source is None:
        return manifest
    present = {file.table for file in extract.files}
    manifest = replace(manifest, coverage=(*manifest.coverage, *source.coverage(present, manifest.coverage)))
    if source.timezone == "manifest":
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
            if file.form:
                continue
            names = reader.header(file)
        except ValueError as error:
            problems.append(f"{file.name} {error}")
            continue
        table = tables[file.table] if not foreign else {"columns": _columns_of(file, names)}
        columns, wrong = match_columns(names, table)
        if foreign and len(names) == 1 and not wrong:
            _, wrong = match_columns(names, {"columns": []})
        matched[file.path] = replace(columns, matched=own_names(columns.matched)) if foreign else columns
        where = f"{file.name}, line 1" if foreign and file.suffix != ".parquet" else file.name
        problems += [f"{where}: {problem}" for problem in wrong]
    raise_problems(problems)
    return matched


def _columns_of(file: DataFile, names: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of a foreign file: its own, and those that it needs; one that is spelt nearly like a needed one is no other."""
    own = [folded for name in names if (folded := name.strip().lower()) not in file.needs and (not file.needs or folded in file.uses)]
    return [{"name": name, "required": False} for name in own] + [{"name": name, "required": True} for name in file.needs]


def _count_foreign_lines(running: Intake) -> dict[int, Counts]:
    """Quarantine the broken lines of foreign files, and count them."""
    foreign = [entry for entry in running.entries if entry.table not in running.tables]
    for view in {entry.table for entry in foreign}:
        quarantine_broken_lines(running.connection, view)
    rows = dict(running.connection.execute("select file_id, count(*) from broken_line group by file_id").fetchall())
    return {entry.file_id: Counts(rows.get(entry.file_id, 0), 0, rows.get(entry.file_id, 0), 0) for entry in foreign}


def _settle_all(running: Intake, extract: Extract) -> LoadResult:
    """Put everything that was staged into the warehouse, or nothing."""
    connection = running.connection
    with transaction(connection):
        extract_id = _record_extract(running, extract)
        counts: dict[int, Counts] = {}
        for table, stages in running.stages.items():
            running.say(f"loading {table}")
            files = [entry.file_id for entry in running.entries if entry.table == table]
            brought = running.identities.get(table, "")
            counts |= Settling(connection, running.tables[table], extract_id, running.manifest.extracted_at, brought).settle(stages, files)
        attribute_broken_lines(connection)
        connection.execute(
            "insert into kept_broken_line select file_id, line, raw, patient_id, table_name from broken_line where raw is not null"
        )
        counts |= _count_foreign_lines(running)
        told = _worth_telling(running, counts)
        for entry in told:
            _record_file(connection, entry, extract_id, counts[entry.file_id])
        _record_notices(running, extract_id)
        _record_repeated(running, extract_id)
        _record_coverage(running, extract_id)
    new = [InputFile(entry.table, entry.file, entry.sha256, *_numbers(counts[entry.file_id])) for entry in told]
    unknown = {entry.file: entry.unknown for entry in running.entries if entry.unknown}
    inputs = sorted([*running.stored, *new], key=lambda file: (file.table, file.file))
    given = {table: sorted(columns) for table, columns in running.given.items()}
    return LoadResult(extract_id, inputs, unknown, running.manifest, running.notices, given)


def _worth_telling(running: Intake, counts: dict[int, Counts]) -> list[Entry]:
    """Every file for the tables that it brought a row of; one that brought none at all is told once."""
    if running.source == CANONICAL:
        return running.entries
    silent = {entry.file: entry for entry in reversed(running.entries)}
    for entry in running.entries:
        if counts[entry.file_id].received:
            silent.pop(entry.file, None)
    return [entry for entry in running.entries if counts[entry.file_id].received or silent.get(entry.file) is entry]


def _numbers(counts: Counts) -> tuple[int, int, int, int]:
    return counts.received, counts.loaded, counts.quarantined, counts.duplicates


def _record_extract(running: Intake, extract: Extract) -> int:
    """A new extract, or the stored one again when it brought no new file; its manifest may have changed."""
    connection, manifest = running.connection, running.manifest
    again = not running.entries and len(running.stored_extracts) == 1
    extract_id = running.stored_extracts.pop() if again else _next(connection, "extract", "extract_id")
    removable = True
    if again:
        removable = (extract_id,) in connection.execute("select extract_id from extract where removable").fetchall()
        for table in ("extract", "coverage", "found_coverage"):
            connection.execute(f"delete from {table} where extract_id = ?", [extract_id])
    site, zone = manifest.site or extract.name, manifest.zone.key
    row = [extract_id, site, zone, manifest.extracted_at, manifest.source_system, running.source, running.source_sha256, removable]
    connection.execute("insert into extract values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*row, manifest.site is not None])
    return extract_id


def _record_file(connection: Connection, entry: Entry, extract_id: int, counts: Counts) -> None:
    row = [entry.file_id, extract_id, entry.table, entry.file, entry.sha256, *_numbers(counts)]
    connection.execute("insert into input_file values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for column in entry.unknown:
        connection.execute("insert into unknown_column values (?, ?)", [entry.file_id, column])


def _record_notices(running: Intake, extract_id: int) -> None:
    for topic, value, occurrences in running.notices:
        running.connection.execute("insert into source_notice values (?, ?, ?, ?)", [extract_id, topic, value, occurrences])


def _record_repeated(running: Intake, extract_id: int) -> None:
    """Which files of other extracts this one brought too: they stay when those are taken out."""
    for file_id, name in running.repeated:
        running.connection.execute(
            """insert into repeated_file
            select f.file_id, $extract, $name from input_file as f
            where f.file_id = $file and f.extract_id <> $extract
                and not exists (select 1 from repeated_file as r where r.file_id = $file and r.extract_id = $extract)""",
            {"extract": extract_id, "name": name, "file": file_id},
        )


def _record_coverage(running: Intake, extract_id: int) -> None:
    """What the manifest says of the tables supplied; one that is supplied and not mentioned covers everything.

    A table that was promised and not delivered covers nothing: a failed extract must not look like neglected patients.
    """
    mentioned = {coverage.table for coverage in running.manifest.coverage}
    supplied = ({file.table for file in running.stored} | {entry.table for entry in running.entries}) & set(running.tables)
    whole: dict[str, list[str | None]] = {table: [None] for table in supplied}
    if running.covers_found:
        whole = {table: found_kinds(running.connection, running.tables[table], running.source) for table in supplied}
        for table in sorted(supplied - mentioned):
            running.connection.execute("insert into found_coverage values (?, ?)", [extract_id, table])
    rows: list[list[Any]] = [
        [extract_id, table, kind, None, OPEN_FROM, OPEN_TO] for table in sorted(supplied - mentioned) for kind in whole.get(table, [])
    ]
    for coverage in (each for each in running.manifest.coverage if each.table in supplied):
        for kind in coverage.kinds or (None,):
            rows += [
                [extract_id, coverage.table, kind, department, coverage.covered_from, coverage.covered_to]
                for department in coverage.departments or (None,)
            ]
    for row in rows:
        running.connection.execute("insert into coverage values (?, ?, ?, ?, ?, ?)", row)


def found_kinds(connection: Connection, table: TableEntry, source: str) -> list[str | None]:
    """The kinds that the extracts of a format have a row of in a table; one without kinds has one that is none."""
    kind = "kind" if any(column["name"] == "kind" for column in table["columns"]) else "null::varchar"
    rows = connection.execute(
        f"""select distinct {kind} as kind from {table["table"]} as t
        inner join input_file as f on f.file_id = t.file_id
        inner join extract as x on x.extract_id = f.extract_id
        where x.source_name = $source order by kind""",
        {"source": source},
    ).fetchall()
    return [row[0] for row in rows]


def attribute_broken_lines(connection: Connection) -> None:
    """A broken line of which the identity is not a known patient's may hold one elsewhere: a shifted cell must not hide a lost dose."""
    connection.execute(
        """update quarantine set patient_id = known.patient_id
        from (
            select cell.file_id, cell.line, min(patient.patient_id) as patient_id
            from (
                select file_id, line, trim(unnest(string_split(raw, ',')), '" ') as content
                from broken_line
                where table_name = 'administration' and coalesce(patient_id, '') not in (select patient_id from administration)
            ) as cell
            inner join (select distinct patient_id from administration) as patient on patient.patient_id = cell.content
            group by cell.file_id, cell.line
        ) as known
        where quarantine.file_id = known.file_id and quarantine.line = known.line and quarantine.table_name = 'administration'"""
    )


def _next(connection: Connection, table: str, column: str) -> int:
    found = connection.execute(f"select coalesce(max({column}), 0) + 1 from {table}").fetchone()
    return int(found[0]) if found else 1


def _literal(value: Any, sql_type: str) -> str:
    return f"cast(null as {sql_type})" if value is None else f"{sql_type} '{value}'"
