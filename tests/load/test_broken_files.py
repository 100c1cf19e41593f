"""A broken record is quarantined with its line, reason and text; the good rows around it are loaded as if it were not there."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infusion_audit.engine import connect
from infusion_audit.errors import UserError
from infusion_audit.load import load

from .conftest import Site

HEADER = b"administration_id,patient_id,event,started_at,dose_unit\n"


def line(name: str, unit: str = "mg") -> bytes:
    return f"{name},P1,bolus,2026-06-15T10:00:00Z,{unit}\n".encode()


def ids(site: Site) -> list[tuple[str, int]]:
    return site.query("select administration_id, line from administration order by line")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"B,P1,bolus\n", "too_few_cells"),
        (b"B,P1,bolus,2026-06-15T10:00:00Z,mg,extra\n", "too_many_cells"),
        (b'B,P1,"bo"lus,2026-06-15T10:00:00Z,mg\n', "stray_quote"),
        (b'B,P1,bolus,2026-06-15T10:00:00Z,"mg\n', "open_quote"),
        (b"B,P1,bolus,2026-06-15T10:00:00Z,m\0g\n", "nul_byte"),
        (b"B,P1,bolus,2026-06-15T10:00:00Z,m\xffg\n", "invalid_utf8"),
        (b"B,P1,bolus,2026-06-15T10:00:00Z,m\rg\n", "stray_carriage_return"),
        (b"B,P1,bolus,2026-06-15T10:00:00Z," + b"x" * 10_000_000 + b"\n", "record_too_long"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_broken_record_costs_its_own_line_only(site: Site, broken: bytes, reason: str, packed: bool) -> None:
    content = HEADER + line("A1") + broken + line("A2") + line("A3", '"m""g"')
    site.write("administration.csv.gz" if packed else "administration.csv", gzip.compress(content) if packed else content)
    assert site.counts("administration") == (4, 3, 1, 0)
    assert ids(site) == [("A1", 2), ("A2", 4), ("A3", 5)]
    ((table, number, scope, column, why, raw),) = site.quarantine()
    assert (table, number, scope, column, why) == ("administration", 3, "row", None, reason)
    assert raw.startswith("B,P1")
    assert len(raw) <= 500
    assert site.value("select dose_unit from administration where administration_id = 'A3'") == 'm"g'


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_broken_first_or_last_record_costs_its_own_line_only(site: Site, where: str) -> None:
    broken = b'B,P1,bolus,2026-06-15T10:00:00Z,"mg'
    content = HEADER + (broken + b"\n" if where == "first" else b"") + line("A1") + line("A2") + (broken if where == "last" else b"")
    site.write("administration.csv", content)
    assert site.counts("administration") == (3, 2, 1, 0)


def test_two_stray_quotes_do_not_swallow_the_rows_between_them(site: Site) -> None:
    site.write(
        "administration.csv",
        HEADER + b'B1,P1,bolus,2026-06-15T10:00:00Z,"mg\n' + line("A1") + b'B2,P1,bolus,2026-06-15T10:00:00Z,m"\n' + line("A2"),
    )
    assert site.counts("administration") == (4, 3, 1, 0)
    assert [name for name, _ in ids(site)] == ["A1", "B2", "A2"]
    assert [(row[1], row[4]) for row in site.quarantine()] == [(2, "open_quote")]


def test_a_genuine_embedded_newline_is_one_record(site: Site) -> None:
    site.write("administration.csv", HEADER + line("A1") + b'A2,P1,bolus,2026-06-15T10:00:00Z,"m\n\ng"\n' + line("A3"))
    assert site.counts("administration") == (3, 3, 0, 0)
    assert ids(site) == [("A1", 2), ("A2", 3), ("A3", 6)]
    assert site.value("select dose_unit from administration where administration_id = 'A2'") == "m\n\ng"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("blank", [b"", b"\n"])
def test_every_line_end_is_read_and_blank_lines_are_no_records(site: Site, end: bytes, blank: bytes) -> None:
    site.write("administration.csv", (HEADER + line("A1") + blank + line("A2")).replace(b"\n", end))
    assert site.counts("administration") == (2, 2, 0, 0)
    assert ids(site) == [("A1", 2), ("A2", 3 + len(blank))]


def test_mixed_line_ends_are_read(site: Site) -> None:
    site.write("administration.csv", HEADER + line("A1").replace(b"\n", b"\r\n") + line("A2"))
    assert site.counts("administration") == (2, 2, 0, 0)
    assert site.query("select distinct dose_unit from administration") == [("mg",)]


def test_a_broken_line_still_names_its_patient(site: Site) -> None:
    site.write("administration.csv", HEADER + line("A1") + b"B,P1,bolus\n" + b"P1,bolus,2026-06-15T10:00:00Z,mg\n" + b"B,P9,bolus\n")
    site.load()
    assert site.quarantine("line, patient_id, on_date") == [(3, "P1", None), (4, "P1", None), (5, "P9", None)]


CELL = st.text(alphabet='ab", \n\r\0é', max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=30) | st.lists(CELL, min_size=5, max_size=5).map(lambda cells: ",".join(cells).encode()), max_size=8))
def test_whatever_stands_in_a_file_the_good_rows_are_loaded_and_the_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory, noise: list[bytes]
) -> None:
    folder: Path = tmp_path_factory.mktemp("noise")
    good = [line(f"A{i}") for i in range(len(noise) + 1)]
    content = HEADER + good[0] + b"".join(bad.replace(b"bolus", b"") + b"\n" + after for bad, after in zip(noise, good[1:], strict=True))
    (folder / "administration.csv").write_bytes(content)
    connection = connect()
    (file,) = load(connection, [folder]).inputs
    loaded = {row[0] for row in connection.execute("select administration_id from administration").fetchall()}
    assert loaded == {f"A{i}" for i in range(len(good))}
    assert file.received == file.loaded + file.quarantined + file.duplicates


def test_a_packed_file_that_would_fill_the_machine_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infusion_audit.staging.HARMLESS", 1_000_000)
    packed = site.folder / "administration.csv.gz"
    packed.write_bytes(gzip.compress(HEADER + line("A") + b"\n" * 5_000_000))
    with pytest.raises(UserError, match=r"administration\.csv\.gz unpacks to more than 100 times its size"):
        site.load()
    packed.write_bytes(gzip.compress(HEADER + line("A") + b"\n" * 500_000))
    site.load()
    assert ids(site) == [("A", 2)]
