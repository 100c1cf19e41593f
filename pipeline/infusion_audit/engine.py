"""The only module that knows DuckDB: connections, settings, and where the SQL files are."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

import infusion_audit
from infusion_audit.errors import UserError

Connection = duckdb.DuckDBPyConnection
EngineError = duckdb.Error
UnreadableFile = (duckdb.InvalidInputException, duckdb.IOException)
_in_transaction: set[int] = set()


def resource(name: str) -> Path:
    """The folder of shipped files called ``name`` (``sql`` or ``protocols``), in a wheel and in a source tree alike."""
    package = Path(infusion_audit.__file__).parent
    shipped = package / name
    return shipped if shipped.is_dir() else package.parents[1] / name


def connect(path: Path | None = None, *, read_only: bool = False) -> Connection:
    """Open a warehouse (or an in-memory one) whose engine time zone is UTC."""
    try:
        connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only)
    except duckdb.Error as error:
        raise UserError(
            f"warehouse {path} cannot be opened: {str(error).splitlines()[0]}",
            hint="If it is damaged, move it away and load the extracts again; reports already published stay as they are.",
        ) from error
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = true")
    connection.execute("set enable_progress_bar = false")
    # It turns every list of words into a hash join over all rows, even where a case asks it of almost none.
    connection.execute("set disabled_optimizers = 'in_clause'")
    return connection


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


def is_one_select(sql: str) -> bool:
    """False for several statements and for one that is no select; text that does not parse is told when it runs."""
    try:
        statements = duckdb.extract_statements(sql)
    except EngineError:
        return True
    return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT


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
