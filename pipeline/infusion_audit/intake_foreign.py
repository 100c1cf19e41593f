"""Taking in another format: its files become views, its steps tables, and what its selects give is staged like canonical rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from infusion_audit.date_texts import refuse_date_texts
from infusion_audit.engine import Connection, EngineError
from infusion_audit.errors import UserError
from infusion_audit.inputs import Columns, DataFile
from infusion_audit.intake import InputFile, Intake, enter, possible_years, refuse_other_zone
from infusion_audit.settle import Stage
from infusion_audit.sources import COUNTED, PART, REFUSED, Source, not_running, select_columns
from infusion_audit.staging import identifier, text_literal
from infusion_audit.staging_json import json_views
from infusion_audit.timezones import define_local_time
from infusion_audit.validate import TableEntry, column_names, judge_of, subject_of

Numbered = Sequence[tuple[int, DataFile]]
"""The files of a format with the numbers that they have while its selects run."""


def stage_foreign(running: Intake, source: Source, files: Sequence[DataFile], columns: dict[Path, Columns]) -> None:
    """Make the views of a format, run its selects over them, and judge what they give like canonical rows."""
    running.source_sha256, running.covers_found = source.sha256, source.covers_found
    if running.next_id > 1 and (stored := _stored_files(running, files, {file.path: running.reader.hash_of(file) for file in files})):
        running.stored += stored
        return
    numbered = list(enumerate(files, 1))
    present = {file.table for file in files}
    feeds = {
        table: [(at, file) for at, file in numbered if file.table in source.views_of(table)]
        for table in source.selects
        if source.can_feed(table, present)
    }
    _make_views(running, source, numbered, columns)
    _refuse_missing(running, source, feeds, present)
    if source.refusal:
        _refuse_as_a_whole(running.connection, source, dict(numbered))
    hashes = {file.path: running.reader.hash_of(file) for file in files}
    define_local_time(running.connection, running.manifest.zone, possible_years(running))
    ids: dict[tuple[str, int], int] = {}
    for table, feeding in feeds.items():
        running.say(f"reading {table}")
        first = [(at, enter(running, table, file.name, [], hashes[file.path]).file_id) for at, file in feeding]
        ids |= {(table, at): file_id for at, file_id in first}
        try:
            given = select_columns(running.connection, source, table, _required(running.tables[table]))
        except EngineError as error:
            raise not_running(source, f"the select {table}", source.selects[table], error, _by_view(numbered), columns) from None
        _run_select(running, source, table, feeding, first, hashes, given)
        if source.identity:
            _identify(running, source, table, first)
    if source.broken_line:
        _attribute_broken_lines(running.connection, source)
    _enter_broken_lines(running, numbered, hashes, ids)
    if source.notice:
        running.notices = _notices(running.connection, source)


def _by_view(files: Numbered) -> dict[str, list[DataFile]]:
    return {file.table: [each for _, each in files if each.table == file.table] for _, file in files}


def _required(table: TableEntry) -> dict[str, bool]:
    return {column["name"]: column["required"] for column in table["columns"]}


def _refuse_missing(running: Intake, source: Source, feeds: Collection[str], present: Collection[str]) -> None:
    """An extract without a table that no audit can do without is no quiet month."""
    for table in (name for name, entry in running.tables.items() if entry["required"] and name not in feeds):
        if table not in source.selects:
            raise UserError(
                f"the source {source.name} has no {table}.sql, and without that table nothing can be audited",
                hint=f"Write the select {table}.sql; infusion-audit schema {table} lists its columns.",
            )
        lacking = [" or ".join(source.reads[view].patterns) for view in source.views_of(table) if view not in present]
        why = f"without the file {', '.join(lacking)}" if lacking else f"for its select {table}.sql names no file"
        raise UserError(f"the source {source.name} gives no {table} {why}, and nothing can be audited without that table")


def _stored_files(running: Intake, files: Sequence[DataFile], hashes: dict[Path, str]) -> list[InputFile]:
    """What became of these files when they were loaded before, as the same extract and by the same mapping; nothing if any is new."""
    stored = running.connection.execute(
        """select
            f.table_name, f.file, f.sha256, f.received, f.loaded, f.quarantined, f.duplicates,
            x.extract_id, x.timezone, x.extracted_at, x.source_sha256, f.file_id
        from input_file as f inner join extract as x on x.extract_id = f.extract_id
        where x.source_name = $source order by f.file_id""",
        {"source": running.source},
    ).fetchall()
    named = {sha256: [file for file in files if hashes[file.path] == sha256] for sha256 in hashes.values()}
    same = [row for row in stored if row[2] in named]
    refuse_other_zone(running, "of this extract", {str(row[8]) for row in same})
    known = [row for row in same if row[9] == running.manifest.extracted_at and row[10] == running.source_sha256]
    if {str(row[2]) for row in known} < set(named):
        return []
    running.stored_extracts |= {int(row[7]) for row in known}
    by_place: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for row in known:
        by_place.setdefault((row[0], row[1], row[2]), row)
    running.repeated += [(int(row[11]), str(row[1])) for row in by_place.values()]
    return [InputFile(*row[:7], already_loaded=True) for row in by_place.values()]


def _make_views(running: Intake, source: Source, files: Numbered, columns: dict[Path, Columns]) -> None:
    """The code maps, the views of the files, and the steps that build on both."""
    for view, code_map in source.maps.items():
        running.reader.map_view(view, code_map.columns, code_map.rows)
    for view, reads in source.reads.items():
        of_view = [(at, file) for at, file in files if file.table == view]
        if of_view:
            running.say(f"reading {view}")
        if reads.form:
            json_views(running.reader, view, reads.form, of_view)
        elif of_view:
            running.reader.text_view(view, of_view, columns)
        elif view in source.empty:
            running.reader.empty_view(view, source.empty[view])
    for step, sql in source.steps.items():
        try:
            running.reader.table(step, sql)
        except EngineError as error:
            raise not_running(source, f"the step {step}", sql, error, _by_view(files), columns) from None


def _refuse_as_a_whole(connection: Connection, source: Source, files: dict[int, DataFile]) -> None:
    """Stop where the format says that an extract cannot be used: the file, the line where it shows, and the way out."""
    select = (source.refusal or "").rstrip().rstrip(";")
    try:
        rows = connection.execute(f"select file_id, line, problem, way_out from ({select}\n) order by all").fetchall()
    except EngineError as error:
        raise UserError(f"the select refusal.sql of the source {source.name} does not run: {str(error).splitlines()[0]}") from None
    if rows:
        ways = dict.fromkeys(str(way_out) for _, _, _, way_out in rows)
        raise UserError.many([f"{files[file].name}, line {line}: {problem}" for file, line, problem, _ in rows], hint="\n".join(ways))


def _run_select(
    running: Intake,
    source: Source,
    table: str,
    feeding: Numbered,
    first: Sequence[tuple[int, int]],
    hashes: dict[Path, str],
    given: Sequence[str],
) -> None:
    """Judge the rows that a select gives. ``first`` maps the numbers of its files to those of the warehouse."""
    entry, run = running.tables[table], running.connection.execute
    rows = f"({source.selects[table].rstrip().rstrip(';')}\n)"
    if {REFUSED, PART} & set(given):
        running.reader.table(f"given_{table}", f"from {rows}")
        rows = f"given_{table}"
    numbers = {str(at): file_id for at, file_id in first}
    number = "cast(file_id as integer)"
    if PART in given:
        number = f"{number} || '.' || coalesce({PART}, 0)"
        numbers = {f"{at}.0": file_id for at, file_id in numbers.items()}
        for at, part in run(f"select distinct cast(file_id as integer), {PART} from {rows} where {PART} > 0 order by all").fetchall():
            file = dict(feeding)[at]
            numbers[f"{at}.{part}"] = enter(running, table, f"{file.name} (part {part + 1})", [], hashes[file.path]).file_id
    cases = " ".join(f"when '{key}' then {file_id}" for key, file_id in numbers.items())
    place = f"case cast({number} as varchar) {cases} end as file_id, cast(line as integer) as line"
    believed = f"where {REFUSED} is null" if REFUSED in given else ""
    names = column_names(entry)
    running.given[table] = set(given) & set(names)
    cells = [f"cast({identifier(name)} as varchar)" if name in given else "null::varchar" for name in names]
    selected = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, names, strict=True))
    stage = f"stage_{first[0][1]}"
    running.reader.judge(stage, f"select {place}, {selected} from {rows} {believed}", judge_of(entry))
    where = f"the select {table}.sql of the source {source.name}"
    placed = f"(select {place} from {rows})" if REFUSED in given else stage
    if run(f"select 1 from {placed} where file_id is null or line is null limit 1").fetchone():
        raise UserError(f"{where} gives rows without the file_id and line of a file that it reads")
    if table in COUNTED and run(f"select 1 from {stage} group by file_id, line having count(*) > 1 limit 1").fetchone():
        raise UserError(f"{where} gives several rows for one line of a file", hint=f"Tell them apart by a column {PART}: 0, 1, 2.")
    if REFUSED in given:
        _refuse(running.connection, entry, rows, place, given)
    refuse_date_texts(running.connection, Stage(stage, "line"), entry, {each.file_id: each.file for each in running.entries})
    running.stages[table] = [Stage(stage, "line")]


def _identify(running: Intake, source: Source, table: str, first: Sequence[tuple[int, int]]) -> None:
    """Take in what the source calls the records of a table. ``first`` maps the numbers of its files to those of the warehouse.

    Sites number their records for themselves, so the site that the manifest names is a part of an identity that no column holds.
    """
    cases = " ".join(f"when {at} then {file_id}" for at, file_id in first)
    select, name = (source.identity or "").rstrip().rstrip(";"), f"identity_{table}"
    site = "null" if running.tables[table]["key"] else text_literal(running.manifest.site or "")
    try:
        running.reader.table(
            name,
            f"""select
                case file_id {cases} end as file_id, cast(line as integer) as line,
                concat_ws('|', nullif({site}, ''), identity) as identity, coalesce(cast(withdrawn as boolean), false) as withdrawn
            from ({select}
            ) where table_name = '{table}' and identity is not null and file_id in ({", ".join(str(at) for at, _ in first)})""",
        )
    except EngineError as error:
        raise UserError(f"the select identity.sql of the source {source.name} does not run: {str(error).splitlines()[0]}") from None
    running.identities[table] = name


def _refuse(connection: Connection, entry: TableEntry, rows: str, place: str, given: Sequence[str]) -> None:
    """List the rows that a select does not believe, with what can still be read of them: they count as lost, not as absent."""
    subject, time = subject_of(entry)
    wanted = {
        "patient_id": "patient_id",
        "event": subject,
        **{name: name for name in ("product", "route", "status")},
        "row_key": entry["key"] or "",
    }
    cells = [f"cast({name} as varchar) as {column}" for column, name in wanted.items() if name in given]
    at = [f"read_date(left(cast({time} as varchar), 10)) as on_date"] if time in given else []
    connection.execute(
        f"""insert into broken_line by name
        select -file_id as file_id, line, reason, table_name, columns(* exclude (file_id, line, reason, table_name))
        from (
            select {place}, {REFUSED} as reason, '{entry["table"]}' as table_name, {", ".join([*cells, *at])}
            from {rows} where {REFUSED} is not null
        )"""
    )


def _attribute_broken_lines(connection: Connection, source: Source) -> None:
    """Let the format say of which table a line was that is no record, and whose: it may have been a dose."""
    select = (source.broken_line or "").rstrip().rstrip(";")
    try:
        connection.execute(
            f"""update broken_line set table_name = told.table_name, patient_id = told.patient_id
            from (select file_id, line, any_value(table_name) as table_name, any_value(patient_id) as patient_id
                from ({select}
                ) group by file_id, line) as told
            where broken_line.file_id = told.file_id and broken_line.line = told.line and told.table_name is not null"""
        )
    except EngineError as error:
        raise UserError(f"the select broken_line.sql of the source {source.name} does not run: {str(error).splitlines()[0]}") from None


def _enter_broken_lines(running: Intake, files: Numbered, hashes: dict[Path, str], ids: dict[tuple[str, int], int]) -> None:
    """Lines of a foreign file that are no records are listed under the table that they were of, else under the name of the file's view."""
    run = running.connection.execute
    named = dict(files)
    for number, table in run("select distinct file_id, table_name from broken_line where file_id > 0 order by all").fetchall():
        file = named[number]
        file_id = ids.get((table, number))
        if file_id is None:
            table_of_line = file.table
            file_id = ids.get((table_of_line, number)) or enter(running, table_of_line, file.name, [], hashes[file.path]).file_id
            ids[table_of_line, number] = file_id
            run(
                "update broken_line set table_name = $view where file_id = $number and table_name = $table",
                {"view": table_of_line, "number": number, "table": table},
            )
            table = table_of_line
        run(
            "update broken_line set file_id = -$file where file_id = $number and table_name = $table",
            {"file": file_id, "number": number, "table": table},
        )
    run("update broken_line set file_id = -file_id where file_id < 0")


def _notices(connection: Connection, source: Source) -> list[tuple[str, str, int]]:
    """What the extract holds and the format does not use."""
    select = (source.notice or "").rstrip().rstrip(";")
    try:
        rows = connection.execute(
            f"""select cast(topic as varchar), cast(value as varchar), cast(sum(occurrences) as bigint)
            from ({select}
            ) group by all having sum(occurrences) > 0 order by 1, 3 desc, 2"""
        ).fetchall()
    except EngineError as error:
        raise UserError(f"the select notice.sql of the source {source.name} does not run: {str(error).splitlines()[0]}") from None
    return [(str(topic), str(value), int(count)) for topic, value, count in rows]
