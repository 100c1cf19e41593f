"""What runs is what the models say: the compiled contract is up to date, finds the same faults as pandera, and needs no pandera."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.errors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infusion_audit.engine import Connection, connect
from infusion_audit.load import prepare
from infusion_audit.manifest import Manifest
from infusion_audit.timezones import define_local_time
from infusion_audit_schemas import compile as compiler
from infusion_audit_schemas import contract, dictionary
from infusion_audit_schemas.checks import CHECKS, Extraction, extraction
from infusion_audit_schemas.tables import MODELS

TABLES = {table["table"]: table for table in dictionary()}
NEW_YORK = ZoneInfo("America/New_York")
TAKEN_AT = datetime(2026, 11, 20, tzinfo=UTC)

NOISE = st.text(alphabet="0123456789.+-eE_:TZ ,xNaif\t\u00b5\u0665'\"", max_size=24)
NUMBERS = st.one_of(
    st.decimals(-1000, 1000, places=3).map(str),
    st.from_regex(r"[+-]?[0-9]{0,11}\.?[0-9]{0,11}", fullmatch=True),
    st.from_regex(r"[+-]?[0-9](\.[0-9]{1,10})?[eE][+-]?[0-9]{1,2}", fullmatch=True),
    st.sampled_from(
        ["NaN", "inf", "1_000", "1e309", "0000000000001", "1.0000000000", "5,0", "-0", "1e-9", "1.5e-9", "9.999999999e8", "1e9"]
    ),
)
TIMES = st.one_of(
    st.datetimes(datetime(1890, 1, 1), datetime(2110, 1, 1)).map(lambda at: at.isoformat()),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.sampled_from([UTC, NEW_YORK, ZoneInfo("Asia/Kolkata")])).map(
        str
    ),
    st.from_regex(r"2026-(03-08|11-01)[T ]0[0-3]:[0-5][0-9](:[0-5][0-9])?", fullmatch=True),
    st.from_regex(
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,8})?)?(Z|[+-][01][0-9](:?[0-6][0-9])?)?",
        fullmatch=True,
    ),
    st.sampled_from(
        [
            "epoch",
            "infinity",
            "2026-06-15",
            "2026-06-15T 1:00:00",
            "2026-06-15T24:00:00Z",
            "2026-06-15T10:00:00z",
            "2026-11-20T00:00:00Z",
            "2026-11-20T00:00:01Z",
        ]
    ),
)
DATES = st.one_of(
    st.dates().map(str), st.sampled_from(["2026-02-30", "2026-1-1", "2026-11-19", "2026-11-20", "epoch", "20260101", "2026-01-01 (BC)"])
)


def cells(column: dict[str, Any]) -> st.SearchStrategy[str | None]:
    """Cells of a column, good ones and bad ones, with blanks around them."""
    words = st.sampled_from([*column.get("allowed", []), "", " ", "x" * 1001])
    of_type = {"number": NUMBERS, "count": NUMBERS, "instant": TIMES, "date": DATES}.get(column["type"], words)
    value = (
        st.one_of(of_type, of_type, of_type, words, NOISE)
        if column["name"] != "value"
        else st.one_of(NUMBERS, st.sampled_from(["none", "Present", "NEGATIVE", "S"]), NOISE)
    )
    padded = st.builds(
        lambda before, text, after: before + text + after,
        st.sampled_from(["", "", " ", "\t"]),
        value,
        st.sampled_from(["", "", " ", "\r\n"]),
    )
    return st.one_of(st.none(), value, value, padded, value.map(str.upper))


def found_by_pandera(table: str, rows: list[dict[str, str | None]], of: Extraction) -> dict[tuple[int, str], str]:
    """The first fault of every cell, from pandera's own lazy validation."""
    frame = pd.DataFrame(rows, columns=[column["name"] for column in TABLES[table]["columns"]], dtype="str")
    found: dict[tuple[int, str], str] = {}
    try:
        with extraction(of):
            MODELS[table].validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        for error in errors.schema_errors:
            check = error.check
            of_row = getattr(check, "statistics", None) or {}
            column = of_row.get("column", error.schema.name)
            reason = "empty" if check == "not_nullable" else CHECKS[check.name].reason
            for row in set(error.failure_cases["index"]):
                found.setdefault((int(row), str(column)), reason)
    return found


def found_by_sql(connection: Connection, table: str, rows: list[dict[str, str | None]]) -> dict[tuple[int, str], str]:
    """The faults that the compiled contract lists."""
    names = [column["name"] for column in TABLES[table]["columns"]]
    connection.execute(
        f"create or replace temp table given (file_id integer, line integer, {', '.join(f'{name} varchar' for name in names)})"
    )
    connection.executemany(
        f"insert into given values (1, ?, {', '.join('?' for _ in names)})",
        [[at, *(row[name] for name in names)] for at, row in enumerate(rows)],
    )
    connection.execute("create or replace temp view source as select * from given")
    judged = connection.execute(f"select line, faults, invalid, kept_out from ({contract(table)})").fetchall()
    for _, faults, invalid, kept_out in judged:
        assert invalid == (None if faults is None else [name for name, fault in zip(names, faults, strict=True) if fault])
        assert not (kept_out and faults is None)
    return {(line, name): fault for line, faults, _, _ in judged if faults for name, fault in zip(names, faults, strict=True) if fault}


@pytest.fixture(scope="module", params=["UTC", "America/New_York"])
def judge(request: pytest.FixtureRequest) -> tuple[Connection, Extraction]:
    connection, zone = connect(), ZoneInfo(request.param)
    prepare(connection, Manifest(zone=zone, extracted_at=TAKEN_AT.replace(tzinfo=None)))
    define_local_time(connection, zone)
    return connection, Extraction(zone, TAKEN_AT)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_the_compiled_contract_finds_the_same_faults_as_pandera(
    judge: tuple[Connection, Extraction], table: str, data: st.DataObject
) -> None:
    connection, of = judge
    row = st.fixed_dictionaries({column["name"]: cells(column) for column in TABLES[table]["columns"]})
    rows = data.draw(st.lists(row, min_size=1, max_size=6))
    assert found_by_sql(connection, table, rows) == found_by_pandera(table, rows, of)


def test_the_compiled_contract_is_up_to_date() -> None:
    """Run ``python -m infusion_audit_schemas.compile`` after a change of the models."""
    for name, content in compiler.compiled().items():
        assert (compiler.COMPILED / name).read_text(encoding="utf-8") == content, name
    assert {path.name for path in compiler.COMPILED.iterdir()} == set(compiler.compiled())


def test_loading_needs_no_pandera() -> None:
    script = """
import sys
import infusion_audit.load
import infusion_audit_schemas
infusion_audit_schemas.dictionary()
infusion_audit_schemas.contract("patient")
print({"pandera", "pandas", "numpy"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_dictionary_describes_every_table_and_column() -> None:
    assert [table["table"] for table in dictionary() if table["required"]] == ["administration"]
    assert {table["table"]: table["key"] for table in dictionary() if table["key"]} == {
        "patient": "patient_id",
        "encounter": "encounter_id",
        "medication_order": "order_id",
        "administration": "administration_id",
    }
    for table in dictionary():
        assert table["description"]
        assert all(column["description"] and column["type"] for column in table["columns"])


def test_a_caller_cannot_change_the_dictionary() -> None:
    dictionary()[0]["columns"].clear()
    assert dictionary()[0]["columns"]


def test_every_check_explains_itself() -> None:
    for model in MODELS.values():
        for column in model.to_schema().columns.values():
            assert all(check.name in CHECKS for check in column.checks)
