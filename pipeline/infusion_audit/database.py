"""Reading the tables of a format from a PostgreSQL server: in batches, in one consistent snapshot, and never a word of its password.

ADBC hands over Arrow batches, which go into Parquet files of the load's own scratch folder; from there on they are files like any other.
A row's line is its number in the order of the table's primary key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from infusion_audit.engine import Connection, EngineError, write_parquet
from infusion_audit.errors import UserError
from infusion_audit.inputs import DataFile
from infusion_audit.sources import Reads, Source
from infusion_audit.suggest import did_you_mean

HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[\w.%-]*)(?::\d+)?"
URL = re.compile(
    rf"postgres(?:ql)?://(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?(?P<host>{HOST}(?:,{HOST})*)(?:/(?P<name>[^/?#@]*))?(?:\?(?P<options>[^#@]*))?"
)
SECRETS = ("password", "sslpassword", "passfile")
SETTINGS = (
    "set transaction isolation level repeatable read, read only",
    "set local client_encoding = 'UTF8'",
    "set local datestyle = 'ISO, YMD'",
    "set local timezone = 'UTC'",
    "set local extra_float_digits = 1",
)
COLUMNS_OF = """
    select c.relname, a.attname
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid
    where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum"""
KEY_OF = """
    select a.attname
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where n.nspname = $1 and c.relname = $2 and i.indisprimary
    order by array_position(i.indkey::int2[], a.attnum)"""


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database and the schema to read. The URL may hold a password: it is given to the driver and to nobody else."""

    url: str = field(repr=False)
    name: str
    schema: str | None
    secrets: tuple[str, ...] = field(repr=False, default=())

    @classmethod
    def of(cls, url: str) -> Database:
        """Take a URL apart; one that cannot be read is not repeated, for it may hold a password."""
        found = URL.fullmatch(url)
        if not found:
            raise UserError(
                "the database URL cannot be read",
                hint="Write postgresql://user@host:5432/database?schema=cdm, give the password in PGPASSWORD or ~/.pgpass, "
                "or percent-encode its special characters.",
            )
        options = parse_qsl(found["options"] or "", keep_blank_values=True)
        schema = next((value for key, value in options if key == "schema"), None)
        kept = "&".join(f"{key}={quote(value, safe='')}" for key, value in options if key != "schema")
        secrets = [found["password"] or "", *(value for key, value in options if key in SECRETS), os.environ.get("PGPASSWORD", "")]
        plain = url.split("?")[0] + (f"?{kept}" if kept else "")
        return cls(
            plain, unquote(found["name"] or "postgres"), schema, tuple({*filter(None, secrets), *map(unquote, filter(None, secrets))})
        )

    def __str__(self) -> str:
        return f"postgresql:{self.name}"

    def clean(self, error: object) -> str:
        """What the server says, without its address in brackets, on one line, and without any secret."""
        text = " ".join(re.sub(r"^[A-Z_]+: |\[libpq\] ", "", str(error)).split("\n")[0].split())
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text.rstrip(" .:")


def fetch(
    database: Database, source: Source, connection: Connection, path: Callable[[str], Path], say: Callable[[str], None]
) -> list[DataFile]:
    """The tables that a format reads, as files; all that is missing is told at once."""
    wanted = {view: reads for view, reads in source.reads.items() if reads.table}
    if not wanted:
        raise UserError(f"the source {source.name} is read from files, not from a database")
    with _cursor(database) as cursor:
        schema = database.schema or str(_rows(cursor, "select current_schema()")[0][0])
        tables: dict[str, tuple[str, list[str]]] = {}
        for relation, column in _rows(cursor, COLUMNS_OF, schema):
            tables.setdefault(relation.lower(), (relation, []))[1].append(column)
        missing = [
            f"{database}: no table {schema}.{reads.table}, which the source {source.name} reads{did_you_mean(str(reads.table), tables)}"
            for view, reads in wanted.items()
            if reads.table not in tables and view not in source.optional
        ]
        if missing:
            raise UserError.many(missing, hint="Name the schema of the tables in the URL: postgresql://user@host/database?schema=cdm")
        files: list[DataFile] = []
        for view, reads in wanted.items():
            if reads.table not in tables:
                continue
            relation, columns = tables[reads.table]
            name = f"postgresql:{schema}.{relation}"
            say(f"fetching {name}")
            target = path(f"{view}.parquet")
            _copy(cursor, connection, _select(cursor, schema, relation, columns, reads), target, name)
            files.append(DataFile(view, target, name, ".parquet", None, reads.needs, reads.uses, reads.patient, reads.whole))
        return files


def _select(cursor: Any, schema: str, relation: str, columns: Sequence[str], reads: Reads) -> str:
    """All cells as text, by the server, in the order of the primary key; without one, in the order of all the cells."""
    used = [column for column in columns if column.lower() in (*reads.needs, *reads.uses)] or list(columns)
    key = [_identifier(str(row[0])) for row in _rows(cursor, KEY_OF, schema, relation)]
    order = key or [f'{_identifier(column)}::text collate "C"' for column in used]
    cells = ", ".join(f"{_identifier(column)}::text as {_identifier(column)}" for column in used)
    return f"select {cells} from {_identifier(schema)}.{_identifier(relation)} order by {', '.join(order)}"


def _copy(cursor: Any, connection: Connection, select: str, target: Path, name: str) -> None:
    cursor.execute(select)
    try:
        with cursor.fetch_record_batch() as batches:
            write_parquet(connection, batches, target)
    except EngineError:
        raise UserError(f"{name} could not be read to its end; nothing was loaded", hint="Run again when the server is up.") from None


@contextmanager
def _cursor(database: Database) -> Generator[Any]:
    """A cursor in one read-only snapshot; what the server says of its failure is told without secrets."""
    try:
        driver = import_module("adbc_driver_postgresql.dbapi")
    except ModuleNotFoundError:
        raise UserError(
            "reading PostgreSQL needs its driver, which is not installed", hint="Install it: pip install 'infusion-audit[postgres]'"
        ) from None
    try:
        with driver.connect(database.url) as server, server.cursor() as cursor:
            for setting in SETTINGS:
                cursor.execute(setting)
            yield cursor
    except driver.Error as error:
        raise UserError(
            f"{database} cannot be read: {database.clean(error)}",
            hint="The password comes from PGPASSWORD, ~/.pgpass or the URL; the user needs to connect and to select.",
        ) from None


def _rows(cursor: Any, query: str, *parameters: str) -> list[tuple[Any, ...]]:
    cursor.execute(query, parameters or None)
    return cursor.fetchall()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
