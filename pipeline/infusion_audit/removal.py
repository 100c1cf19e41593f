"""Taking an extract out of a warehouse: what remains is what would be there if it had never been loaded.

A warehouse keeps every good row that it ever took in: those in use in the table, those that another row replaced or
said already in its ``_aside``. To remove an extract, the rows of the others are settled anew, extract by extract in
the order in which they were loaded, by the same code that settled them at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infusion_audit.engine import Connection, rows, transaction
from infusion_audit.errors import UserError
from infusion_audit.load import attribute_broken_lines, found_kinds, prepare
from infusion_audit.manifest import Manifest
from infusion_audit.settle import Settling, Stage
from infusion_audit.validate import TableEntry, stored_names
from infusion_audit_schemas import dictionary

OF_FILE = ("quarantine", "unknown_column", "repeated_file", "kept_broken_line", "row_identity")
OF_EXTRACT = ("extract", "coverage", "found_coverage", "source_notice", "repeated_file")


@dataclass(frozen=True)
class Removed:
    """What became of an extract that was taken out."""

    extract: dict[str, Any]
    rows: int
    """How many of its rows were in use."""
    restored: int
    """How many rows of other extracts are in use again."""


def loads(connection: Connection) -> list[dict[str, Any]]:
    """The extracts of a warehouse in the order in which they were loaded, with what became of their rows."""
    prepare(connection, Manifest())
    found = rows(
        connection,
        """select
            x.extract_id as id, x.site, x.timezone, x.extracted_at as taken, x.source_name as source,
            count(distinct f.file) as files, coalesce(sum(f.received), 0)::bigint as received, coalesce(sum(f.loaded), 0)::bigint as loaded,
            coalesce(sum(f.quarantined), 0)::bigint as quarantined, coalesce(sum(f.duplicates), 0)::bigint as duplicates, x.removable
        from extract as x left join input_file as f on f.extract_id = x.extract_id
        group by all order by x.extract_id""",
    )
    in_use = _in_use(connection)
    return [
        {**each, "taken": each["taken"].isoformat() + "Z" if each["taken"] else None, "in_use": in_use.get(each["id"], 0)} for each in found
    ]


def remove(connection: Connection, extract_id: int) -> Removed:
    """Take an extract out, in one transaction."""
    known = loads(connection)
    extract = next((each for each in known if each["id"] == extract_id), None)
    if extract is None:
        raise UserError(f"there is no load {extract_id}", hint="infusion-audit loads list names them.")
    if old := [str(each["id"]) for each in known if not each["removable"]]:
        raise UserError(
            f"load {', '.join(old)} is of an earlier release, which did not keep the rows that were replaced",
            hint="Load the extracts that you want into a new --workspace.",
        )
    with transaction(connection):
        before = _in_use(connection)
        _hand_over(connection, extract_id)
        files = f"(select file_id from input_file where extract_id = {extract_id})"
        tables = {row[0] for row in connection.execute(f"select distinct table_name from input_file where file_id in {files}").fetchall()}
        handed = {row[0] for row in connection.execute("select distinct table_name from handed_over").fetchall()}
        fed = [table for table in dictionary() if table["table"] in tables | handed]
        for name in [name for table in fed for name in (str(table["table"]), f"{table['table']}_aside")]:
            connection.execute(f"delete from {name} where file_id in {files}")
        for name in OF_FILE:
            connection.execute(f"delete from {name} where file_id in {files}")
        for name in ("input_file", *OF_EXTRACT):
            connection.execute(f"delete from {name} where extract_id = {extract_id}")
        for table in fed:
            _settle_anew(connection, table)
        after = _in_use(connection)
    gained = sum(max(0, after.get(each["id"], 0) - before.get(each["id"], 0)) for each in known if each["id"] != extract_id)
    return Removed(extract, before.get(extract_id, 0), gained)


def _in_use(connection: Connection) -> dict[int, int]:
    """How many rows of each extract the tables hold."""
    counted = " union all ".join(f"select file_id from {table['table']}" for table in dictionary())
    found = connection.execute(
        f"select f.extract_id, count(*) from ({counted}) as t inner join input_file as f on f.file_id = t.file_id group by 1"
    ).fetchall()
    return {int(extract): int(count) for extract, count in found}


def _hand_over(connection: Connection, extract_id: int) -> None:
    """A file that a later extract brought too becomes that extract's."""
    connection.execute(
        f"""create or replace temp table handed_over as
        select f.file_id, f.table_name, min(r.extract_id) as extract_id, arg_min(r.file, r.extract_id) as file
        from input_file as f inner join repeated_file as r on r.file_id = f.file_id
        where f.extract_id = {extract_id} and r.extract_id <> {extract_id} group by f.file_id, f.table_name"""
    )
    connection.execute(
        """update input_file set extract_id = h.extract_id, file = h.file
        from handed_over as h where h.file_id = input_file.file_id"""
    )
    connection.execute(
        """delete from repeated_file
        where exists (
            select 1 from handed_over as h
            where h.file_id = repeated_file.file_id and h.extract_id = repeated_file.extract_id
        )"""
    )


def _settle_anew(connection: Connection, table: TableEntry) -> None:
    """Settle the rows of a table again, extract by extract."""
    run, name = connection.execute, str(table["table"])
    columns = ", ".join(["file_id", "line", *stored_names(table)])
    run(
        f"""create or replace temp table replayed as
        select {columns} from {name} union all select {columns} from {name}_aside"""
    )
    run(f"create or replace temp table said_before as select * from quarantine where table_name = '{name}' and reason = 'conflicting_rows'")
    run(f"delete from quarantine where table_name = '{name}' and reason = 'conflicting_rows'")
    run(f"update quarantine set scope = 'row' where table_name = '{name}' and scope = 'resolved'")
    run(f"delete from {name}")
    run(f"delete from {name}_aside")
    run(
        f"""update quarantine set patient_id = kept.patient_id from kept_broken_line as kept
        where kept.table_name = '{name}' and quarantine.table_name = kept.table_name
            and quarantine.file_id = kept.file_id and quarantine.line = kept.line"""
    )
    for extract_id, source, taken_at in run("select extract_id, source_name, extracted_at from extract order by extract_id").fetchall():
        found = run("select file_id from input_file where extract_id = ? and table_name = ? order by 1", [extract_id, name]).fetchall()
        if found:
            _settle_extract(connection, table, extract_id, taken_at, [int(row[0]) for row in found])
        if run("select 1 from found_coverage where extract_id = ? and table_name = ?", [extract_id, name]).fetchone():
            kinds = found_kinds(connection, table, str(source))
            kept = " or ".join("kind is null" if kind is None else f"kind = '{kind}'" for kind in kinds) or "false"
            run(f"delete from coverage where extract_id = {extract_id} and table_name = '{name}' and not ({kept})")
    run(
        f"""update quarantine set on_date = b.on_date from said_before as b
        where quarantine.table_name = '{name}' and quarantine.reason = b.reason
            and quarantine.file_id = b.file_id and quarantine.line = b.line"""
    )
    for made in ("replayed", "replayed_extract", "replayed_identity", "said_before"):
        run(f"drop table if exists {made}")


def _settle_extract(connection: Connection, table: TableEntry, extract_id: int, taken_at: Any, files: list[int]) -> None:
    """Settle the rows of one extract, and bring the counts of its files up to date."""
    run, name = connection.execute, str(table["table"])
    wanted = ", ".join(map(str, files))
    run(
        f"""create or replace temp table replayed_extract as
        select *, false as kept_out, null::varchar[] as faults, null::varchar[] as raw, hash({", ".join(table["hashed"])}) as content
        from replayed where file_id in ({wanted}) order by file_id, line"""
    )
    run(f"create or replace temp table replayed_identity as select * from row_identity where file_id in ({wanted})")
    run(f"delete from row_identity where file_id in ({wanted})")
    counts = Settling(connection, table, extract_id, taken_at, "replayed_identity").settle([Stage("replayed_extract", "line")], files)
    for file_id, count in counts.items():
        run(
            """update input_file set
                loaded = $loaded, duplicates = $duplicates,
                received = received - $forgotten, quarantined = received - $forgotten - $loaded - $duplicates
            where file_id = $file and table_name = $table""",
            {
                "loaded": count.loaded,
                "duplicates": count.duplicates,
                "forgotten": _rows_of(connection, "replayed_identity", file_id) - _rows_of(connection, "row_identity", file_id),
                "file": file_id,
                "table": name,
            },
        )
    if name == "administration":
        run(
            f"""insert into broken_line by name
            select file_id, line, raw, patient_id, table_name from kept_broken_line
            where table_name = '{name}' and file_id in ({wanted})"""
        )
        attribute_broken_lines(connection)
        run("delete from broken_line")


def _rows_of(connection: Connection, table: str, file_id: int) -> int:
    (found,) = connection.execute(f"select count(*) from {table} where file_id = {file_id}").fetchall()
    return int(found[0])
