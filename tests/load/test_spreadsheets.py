"""A sheet of an Excel workbook is a table like any other: exact text, its row as the line, and nothing broken taken for blank."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from infusion_audit.errors import UserError
from infusion_audit.spreadsheet import number_text

from .conftest import WEIGHT, Row, Site, bolus

HEADER = ["administration_id", "patient_id", "event", "started_at", "dose", "dose_unit"]
START = datetime(2026, 6, 15, 10)


def workbook(path: Path, rows: Sequence[Sequence[Any]], **sheets: Sequence[Sequence[Any]]) -> Any:
    """A workbook whose first sheet has these rows."""
    book = Workbook()
    first = book.active
    for row in rows:
        first.append(list(row))
    for title, of_sheet in sheets.items():
        sheet = book.create_sheet(title)
        for row in of_sheet:
            sheet.append(list(row))
    book.save(path)
    return book


def give(site: Site, *rows: Sequence[Any], **sheets: Sequence[Sequence[Any]]) -> Site:
    workbook(site.folder / "administration.xlsx", [HEADER, *rows], **sheets)
    return site


def test_numbers_dates_and_identities_become_exact_text(site: Site) -> None:
    give(site, [1, 1001, "bolus", START, 0.1 + 0.2, "mg"], [], [2, "0017", "bolus", "2026-06-15T11:00:00Z", 20.0, "mg"]).load()
    assert site.query(
        "select administration_id, patient_id, started_at::varchar, dose::varchar, line from administration order by line"
    ) == [
        ("1", "1001", "2026-06-15 10:00:00", "0.300000000", 2),
        ("2", "0017", "2026-06-15 11:00:00", "20.000000000", 4),
    ]


def test_midnight_is_a_time_where_the_format_shows_one_and_a_day_where_it_does_not(site: Site) -> None:
    book = workbook(site.folder / "administration.xlsx", [HEADER, *([at, 1, "bolus", datetime(2026, 6, 15), 20, "mg"] for at in (1, 2))])
    book.active["D2"].number_format = "dd/mm/yyyy hh:mm"
    book.active["D3"].number_format = "[$-409]d-mmm-yy"
    book.save(site.folder / "administration.xlsx")
    site.load()
    assert site.query("select started_at::varchar from administration") == [("2026-06-15 00:00:00",)]
    assert site.quarantine("line, column_name, reason") == [(3, "started_at", "not_a_time")]


def test_a_birth_date_is_a_day(site: Site) -> None:
    site.give()
    workbook(site.folder / "patient.xlsx", [["patient_id", "birth_date"], ["P1", date(1980, 2, 29)]])
    site.load()
    assert site.query("select birth_date::varchar from patient") == [("1980-02-29",)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(20.0, "20"), (0.35, "0.35"), (0.1 + 0.2, "0.3"), (1e-7, "0.0000001"), (123456789012345, "123456789012345"), (1e15, "#LOST_DIGITS!")],
)
def test_a_number_has_the_digits_that_excel_shows(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize("column", range(len(HEADER)))
def test_an_error_cell_is_a_broken_cell_in_every_column(site: Site, column: int) -> None:
    row: list[Any] = [1, "P1", "bolus", START, 20, "mg"]
    row[column] = "#REF!"
    give(site, row, [2, "P1", "bolus", START, 20, "mg"]).load()
    ((name, reason, scope),) = site.quarantine("column_name, reason, scope")
    assert name == HEADER[column]
    assert reason in ("spreadsheet_error", "not_allowed", "not_a_time", "not_a_number")
    assert scope == ("row" if column < 4 else "cell")


def test_an_error_of_a_spreadsheet_is_no_identity_in_csv_either(site: Site) -> None:
    site.give(bolus(patient_id="#N/A"), bolus("A2")).load()
    assert site.quarantine("column_name, reason") == [("patient_id", "spreadsheet_error")]


def test_a_formula_without_a_stored_result_is_not_blank(site: Site) -> None:
    give(site, [1, "P1", "bolus", START, "=10+10", "mg"]).load()
    assert site.quarantine("column_name, raw") == [("dose", "#NOT_COMPUTED!")]


def test_an_identity_whose_digits_excel_lost_is_refused(site: Site) -> None:
    give(site, [1, 12345678901234567, "bolus", START, 20, "mg"], [2, "P1", "bolus", START, 20, "mg"]).load()
    assert site.quarantine("line, column_name, reason, raw") == [(2, "patient_id", "spreadsheet_error", "#LOST_DIGITS!")]


def test_times_of_day_and_durations_are_no_instants(site: Site) -> None:
    rows = [[at, "P1", "bolus", value, 20, "mg"] for at, value in enumerate((time(10), timedelta(hours=30), True, START), 1)]
    give(site, *rows).load()
    assert site.quarantine("reason, raw") == [("not_a_time", "10:00:00"), ("not_a_time", "30:00:00"), ("not_a_time", "true")]


def test_the_sheet_that_is_called_like_the_table_is_read(site: Site) -> None:
    right = [HEADER, ["A9", "P1", "bolus", START, 20, "mg"]]
    workbook(site.folder / "administration.xlsx", [["read me first"]], Notes=[], Administration=right)
    site.load()
    assert site.query("select administration_id from administration") == [("A9",)]


def test_a_workbook_in_which_several_sheets_have_rows_and_none_is_called_like_the_table_is_refused(site: Site) -> None:
    give(site, ["A1", "P1", "bolus", START, 20, "mg"], February=[HEADER, ["A2", "P1", "bolus", START, 200, "mg"]])
    with pytest.raises(
        UserError, match=r"administration\.xlsx has several sheets with rows \(Sheet, February\), and none is called administration;"
    ):
        site.load()


def test_sheets_that_are_not_read_are_told(site: Site) -> None:
    rows = [HEADER, ["A1", "P1", "bolus", START, 20, "mg"]]
    workbook(site.folder / "administration.xlsx", [["read me first"]], Blank=[], Administration=rows)
    assert site.load().notices == [("sheet of a workbook that is not read", "administration.xlsx: Sheet", 1)]
    assert site.load().notices == []


def test_a_cell_beside_the_table_breaks_its_row(site: Site) -> None:
    give(site, [1, "P1", "bolus", START, 20, "mg", "beside"], [2, "P1", "bolus", START, 20, "mg"]).load()
    assert site.quarantine("line, reason, patient_id") == [(2, "too_many_cells", "P1")]


def test_a_workbook_says_the_same_as_a_csv_file(site: Site, tmp_path: Path) -> None:
    rows: list[Row] = [bolus(f"A{at}", dose=f"{at}.25") for at in range(1, 6)]
    site.give(*rows, observation=[WEIGHT]).load()
    other = Site(tmp_path / "sheets")
    other.folder.mkdir()
    for table, of_table in (("administration", rows), ("observation", [WEIGHT])):
        workbook(other.folder / f"{table}.xlsx", [list(of_table[0]), *(list(row.values()) for row in of_table)])
    other.load()
    for table in ("administration", "observation"):
        assert site.query(f"select * from {table} order by all") == other.query(f"select * from {table} order by all")


def test_a_workbook_that_would_fill_the_machine_is_refused_unread(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    give(site, *[[i, "P1", "bolus", START, 20, "mg"] for i in range(500)])
    monkeypatch.setattr("infusion_audit.spreadsheet.LARGEST", 10_000)
    with pytest.raises(UserError, match=r"administration\.xlsx unpacks to more than .* save the table as CSV"):
        site.load()


@pytest.mark.parametrize("content", [b"x", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_what_is_no_workbook_is_told_with_the_way_out(site: Site, content: bytes) -> None:
    site.write("administration.xlsx", content)
    with pytest.raises(UserError, match=r"administration\.xlsx is not a whole Excel workbook.*save it again as \.xlsx"):
        site.load()


def test_an_empty_sheet_is_told(site: Site) -> None:
    Workbook().save(site.folder / "administration.xlsx")
    with pytest.raises(UserError, match=r"administration\.xlsx has an empty first sheet"):
        site.load()


@pytest.mark.parametrize(
    ("text", "shape"),
    [("15.06.2026 10:00", r"99\.99\.9999 99:99"), ("6/15/2026 10:00 AM", "9/99/9999 99:99 AM"), ("46188.4166667", r"99999\.9999999")],
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_date_column_that_was_saved_as_text_is_named_with_the_way_out(site: Site, suffix: str, text: str, shape: str) -> None:
    rows = [bolus(f"A{at}", started_at=text) for at in range(3)]
    if suffix == "csv":
        site.give(*rows)
    else:
        workbook(site.folder / "administration.xlsx", [list(rows[0]), *(list(row.values()) for row in rows)])
    with pytest.raises(UserError, match=rf"administration\.{suffix} line 2: started_at is no time.*like {shape}") as refused:
        site.load()
    assert "save again" in str(refused.value)
    assert text not in str(refused.value)


def test_one_odd_date_among_others_costs_its_row_only(site: Site) -> None:
    site.give(bolus("A1", started_at="15.06.2026 10:00"), bolus("A2")).load()
    assert site.quarantine("line, column_name, reason") == [(2, "started_at", "not_a_time")]
