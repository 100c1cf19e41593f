"""The only module that knows DuckDB: connections, settings, and where the SQL files are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import duckdb

import infusion_audit
from infusion_audit.errors import MACHINE, UserError

Connection = duckdb.DuckDBPyConnection
EngineError = duckdb.Error
UnreadableFile = (duckdb.InvalidInputException, duckdb.IOException)
_in_transaction: set[int] = set()
_COUNTING = ("unnest", "range", "generate_series")  # table functions that read nothing
_DAMAGED = "If it is damaged, move it away and load the extracts again; reports already published stay as they are."
LITTLE = 8 * 2**20  # bytes
_PACKED = 8  # how much larger what is read from a packed file is than the file
_PLAIN = (".csv", ".json", ".ndjson", ".duckdb")


def resource(name: str) -> Path:
    """The folder of shipped files called ``name`` (``sql`` or ``protocols``), in a wheel and in a source tree alike."""
    package = Path(infusion_audit.__file__).parent
    shipped = package / name
    return shipped if shipped.is_dir() else package.parents[1] / name


def connect(path: Path | None = None, *, read_only: bool = False, reads: Iterable[Path] = ()) -> Connection:
    """Open a warehouse (or an in-memory one) whose engine time zone is UTC, and which is about to read some files."""
    if path and "?" in str(path.absolute()):  # what follows it the engine takes for options
        raise UserError(f'warehouse {path} cannot be opened: its path holds a "?"', hint="Choose another with --workspace.")
    try:
        connection = duckdb.connect(str(path.absolute()) if path else ":memory:", read_only=read_only)
    except duckdb.Error as error:
        raise UserError(f"warehouse {path} cannot be opened: {str(error).splitlines()[0]}", hint=_DAMAGED) from error
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = true")
    connection.execute("set enable_progress_bar = false")
    # It turns every list of words into a hash join over all rows, even where a case asks it of almost none.
    connection.execute("set disabled_optimizers = 'in_clause'")
    connection.execute("set threads = 1")
    expect(connection, [*reads, *([path] if path else [])])
    return connection


def expect(connection: Connection, files: Iterable[Path]) -> None:
    """Give the engine every core once files are worth it: little is read sooner by one thread than by several that wait for each other."""
    sizes = (file.stat().st_size * (1 if file.suffix in _PLAIN else _PACKED) for file in files if file.exists())
    if sum(sizes) > LITTLE:
        use_all_cores(connection)


def use_all_cores(connection: Connection) -> None:
    """Let the engine work with as many threads as the machine has cores."""
    connection.execute("reset threads")


@contextmanager
def transaction(connection: Connection) -> Generator[None]:
    """All or nothing; inside another transaction it is a part of that one."""
    if id(connection) in _in_transaction:
        yield
        return
    connection.begin()
    _in_transaction.add(id(connection))
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    else:
        connection.commit()
    finally:
        _in_transaction.discard(id(connection))


def cause_outside(error: BaseException) -> BaseException | None:
    """What the machine or its user did to the engine: an interruption, a full disk, a damaged file; None where nothing did."""
    text = str(error)
    if isinstance(error, duckdb.InterruptException) or (isinstance(error, RuntimeError) and "interrupted" in text.lower()):
        return KeyboardInterrupt()
    if not isinstance(error, duckdb.Error):
        return None
    if isinstance(error, duckdb.OutOfMemoryException):
        return UserError("the memory is used up", hint="Let other programs end, or audit on a machine with more memory.")
    for number in MACHINE:  # the engine tells it in the text of its errors only, as the system calls it
        if os.strerror(number) in text:
            return UserError(
                f"a file cannot be written or read: {os.strerror(number)}",
                hint="Mend that and run again; reports already published stay as they are.",
            )
    if any(sign in text for sign in ("Corrupt database file", "Could not read enough bytes", "database has been invalidated")):
        return UserError(
            "the warehouse, or a stored table of a run, cannot be read", hint=_DAMAGED.replace("it is", "warehouse.duckdb is", 1)
        )
    return None


def is_one_select(sql: str) -> bool:
    """False for several statements and for one that is no select; text that does not parse is told when it runs."""
    try:
        statements = duckdb.extract_statements(sql)
    except EngineError:
        return True
    return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT


def reaches_outside(sql: str) -> list[str]:
    """What a select reads that is neither a view nor a table: files, folders, settings of the engine; none where it does not parse."""
    found: dict[str, None] = {}

    def look(node: Any) -> None:
        if isinstance(node, list):
            for each in cast("list[Any]", node):
                look(each)
        elif isinstance(node, dict):
            part = cast("dict[str, Any]", node)
            if part.get("type") == "TABLE_FUNCTION" and (name := part["function"]["function_name"].lower()) not in _COUNTING:
                found[f"{name}()"] = None
            if part.get("type") == "BASE_TABLE" and not re.fullmatch(r"\w+", part["table_name"]):
                found[f"'{part['table_name']}'"] = None
            look(list(part.values()))

    with duckdb.connect() as connection:
        look(json.loads(connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0]))
    return list(found)


def version() -> str:
    """The version of the engine."""
    return duckdb.__version__


def rows(connection: Connection, query: str, parameters: list[object] | None = None) -> list[dict[str, Any]]:
    """The result of a query, one dict a row."""
    result = connection.execute(query, parameters or [])
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def write_parquet(connection: Connection, batches: Any, path: Path) -> None:
    """Write a stream of Arrow batches into a Parquet file, one batch at a time and in their order."""
    connection.register("arrow_batches", batches)
    try:
        connection.execute(f"copy (select * from arrow_batches) to '{str(path).replace(chr(39), chr(39) * 2)}' (format parquet)")
    finally:
        connection.unregister("arrow_batches")


def attach(connection: Connection, path: Path, name: str) -> None:
    """Attach another warehouse, to read from it only."""
    target = str(path).replace("'", "''")
    try:
        connection.execute(f"attach '{target}' as {name} (read_only)")
    except duckdb.Error as error:
        raise UserError(f"warehouse {path} cannot be opened: {str(error).splitlines()[0]}") from error
