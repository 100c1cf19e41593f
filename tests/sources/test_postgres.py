"""An OMOP database on a real PostgreSQL server: the same verdicts as from files, and no word of its password anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from infusion_audit.cli import main
from infusion_audit.database import Database
from infusion_audit.errors import UserError

from ..support.postgres import PASSWORD, Server, programs, running
from ..support.product import command
from .omop import told, told_by

TYPES = {
    "_datetime": "timestamp",
    "_date": "date",
    "_id": "bigint",
    "as_number": "numeric",
    "quantity": "numeric",
    "range_high": "numeric",
    "days_supply": "integer",
    "_birth": "integer",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    where = programs()
    if where is None:
        pytest.skip("PostgreSQL is not on this machine (Debian: apt-get install postgresql)")
    with running(where) as started:
        yield started


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clinic in our own tables and in OMOP's, with faults, and in OMOP's without."""
    folder = tmp_path_factory.mktemp("clinic")
    for name, arguments in {
        "canonical": ["--faults"],
        "omop": ["--faults", "--format", "omop-5.4"],
        "clean": ["--format", "omop-5.4"],
    }.items():
        done = command("sample", str(folder / name), "--sessions", "120", "--seed", "31", *arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.mark.usefixtures("password")
def test_verdicts_from_the_server_are_those_of_the_files_whatever_its_settings(server: Server, sample: Path, tmp_path: Path):
    server.copy(sample / "omop", "cdm")
    canonical = told(sample / "canonical", tmp_path / "a")
    assert told_by(server.url(), str(sample / "omop" / "manifest.toml"), workspace=tmp_path / "b") == canonical
    assert len(canonical) > 1000


@pytest.mark.usefixtures("password")
def test_typed_columns_say_what_the_files_say(server: Server, sample: Path, tmp_path: Path):
    server.copy(sample / "clean", "typed", TYPES)
    manifest = str(sample / "clean" / "manifest.toml")
    assert told_by(server.url("?schema=typed"), manifest, workspace=tmp_path / "a") == told_by(
        str(sample / "clean"), workspace=tmp_path / "b"
    )


TINY = """
create schema {0};
create table {0}.person (person_id integer primary key, birth_datetime timestamp);
create table {0}.drug_exposure (
    drug_exposure_id integer primary key, person_id integer, drug_concept_id integer, drug_exposure_start_datetime timestamptz,
    drug_exposure_end_datetime timestamptz, drug_type_concept_id integer, quantity double precision, dose_unit_source_value varchar(50),
    route_concept_id integer, stop_reason varchar(20));
insert into {0}.person values (7, null);
insert into {0}.drug_exposure values
    (20, 7, 785649, '2026-06-15 12:00+02', '2026-06-15 12:00+02', 32818, 0.1, 'mg', 4171047, null),
    (10, 7, 785649, '2026-06-15 11:00+02', '2026-06-15 11:00+02', 32818, 20, 'mg', 4171047, null);
"""


@pytest.mark.usefixtures("password")
def test_a_line_is_the_row_in_the_order_of_the_key_and_loading_again_changes_nothing(server: Server, tmp_path: Path):
    server.sql(TINY.format("tiny"))
    workspace = str(tmp_path / "w")
    for _ in range(2):
        done = command("load", server.url("?schema=tiny"), "--source", "omop-5.4", "--workspace", workspace)
        assert done.returncode == 0, done.stderr
    from infusion_audit.engine import connect

    with connect(tmp_path / "w" / "warehouse.duckdb") as warehouse:
        rows = warehouse.execute(
            """select a.administration_id, a.line, f.file, a.started_at::varchar, a.dose::varchar
            from administration as a inner join input_file as f on f.file_id = a.file_id order by a.line"""
        ).fetchall()
    assert rows == [
        ("10", 1, "postgresql:tiny.drug_exposure", "2026-06-15 09:00:00", "20.000000000"),
        ("20", 2, "postgresql:tiny.drug_exposure", "2026-06-15 10:00:00", "0.100000000"),
    ]


def test_no_file_and_no_message_holds_the_password(server: Server, tmp_path: Path):
    server.sql(TINY.format("silent"))
    quoted = PASSWORD.replace("/", "%2F").replace("@", "%40").replace(":", "%3A")
    workspace = tmp_path / "w"
    done = command(
        "run", server.url("?schema=silent", password=quoted), "--source", "omop-5.4", "--workspace", str(workspace), "--no-gate", "--json"
    )
    assert done.returncode == 0, done.stderr
    wrong = command("run", server.url("?schema=silent", password="wr0ng-one"), "--source", "omop-5.4", "--workspace", str(workspace))
    assert wrong.returncode == 2
    assert "password authentication failed" in wrong.stderr
    said = "".join(each.stdout + each.stderr for each in (done, wrong))
    stored = b"".join(path.read_bytes() for path in workspace.rglob("*") if path.is_file())
    for secret in (PASSWORD, quoted, "wr0ng-one"):
        assert secret not in said
        assert secret.encode() not in stored


@pytest.mark.usefixtures("password")
def test_a_missing_table_and_a_missing_column_are_named_with_the_way_out(server: Server, tmp_path: Path):
    server.sql(
        "create schema bare; create table bare.persons (person_id integer)",
        TINY.format("short") + "alter table short.drug_exposure drop column quantity",
    )
    done = command("load", server.url("?schema=bare"), "--source", "omop-5.4", "--workspace", str(tmp_path / "w"))
    assert done.returncode == 2
    assert "no table bare.person" in done.stderr
    assert "?schema=cdm" in done.stderr
    done = command("load", server.url("?schema=short"), "--source", "omop-5.4", "--workspace", str(tmp_path / "w"))
    assert "postgresql:short.drug_exposure: the column quantity is missing" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sec/ret@host/db",
        "postgresql://u:sec@ret@host/db",
        "postgresql://u:1/sec?ret@host/db",
        "postgresql://u:12#sec@host/db",
        "postgersql://u:sec@host/db",
        "mysql://u:sec@host/db",
        "postgresql://host:sec/db",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url: str):
    done = CliRunner().invoke(main, ["load", url])
    assert done.exit_code == 2
    assert "sec" not in done.output
    with pytest.raises(UserError, match="PGPASSWORD"):
        Database.of(url)


def test_a_database_says_nothing_of_its_password():
    database = Database.of("postgresql://u:hush%2Fhush@host:5432/db?schema=cdm&sslmode=require&password=quiet")
    assert database.schema == "cdm"
    assert "schema" not in database.url
    assert "sslmode=require" in database.url
    assert not re.search("hush|quiet", repr(database) + str(database) + database.clean("bad hush/hush, hush%2Fhush and quiet"))


def test_a_server_that_is_not_there_is_named_without_a_traceback(tmp_path: Path):
    done = command("load", "postgresql://u@127.0.0.1:1/db", "--source", "omop-5.4", "--workspace", str(tmp_path / "w"))
    assert done.returncode == 2
    assert "postgresql:db cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_canonical_tables_are_not_read_from_a_database(tmp_path: Path):
    done = command("load", "postgresql://u@127.0.0.1:1/db", "--workspace", str(tmp_path / "w"))
    assert done.returncode == 2
    assert "--source omop-5.4" in done.stderr


def test_nothing_of_the_environment_is_needed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    assert Database.of("postgresql:///db?host=/var/run/postgresql").secrets == ()
    assert "PGPASSWORD" not in os.environ
