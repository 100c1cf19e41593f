"""findings.xlsx: the worklist as a workbook in which reviewers filter, read and answer; `review import` takes it back.

Every text is written as a text, never as a formula, and the same content always gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infusion_audit import engine
from infusion_audit.errors import UserError
from infusion_audit.judge import shipped_query
from infusion_audit.review_file import ANSWERS, DATES, DISPOSITIONS, LONGEST, SHEET

if TYPE_CHECKING:
    from infusion_audit.edition import Edition

_LONGEST_CELL = 32_767  # what a spreadsheet holds
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WIDTHS = {"finding_key": 12, "run_id": 12, "detail": 60, "reason": 40, "action": 30, "current_reason": 30, "evidence": 30}
_TIMES = ("session_started_at",)
_ABOUT = (
    "One row of the sheet Worklist is one finding: a session that does not meet one statement of the protocol.",
    "Yellow columns are yours: choose a disposition, say why, and name yourself. Rows left empty are passed over.",
    "Save, then: infusion-audit review import findings.xlsx. Importing a file twice changes nothing.",
    "A disposition never changes a verdict: it stands beside it. Times are in UTC.",
    "Holds patient data unless it was published de-identified: keep it where the records are kept.",
)


def write(found: Edition, out: Path) -> Path:
    """findings.xlsx of an edition, with the counts of every rule on a second sheet."""
    from infusion_audit.review import worklist_rows

    file = out / "findings.xlsx"
    write_workbook(file, worklist_rows(found.connection), engine.rows(found.connection, shipped_query("summary_rule")))
    return file


def write_workbook(file: Path, worklist: Sequence[Mapping[str, Any]], scorecard: Sequence[Mapping[str, Any]] = ()) -> None:
    """The worklist as a workbook, with the answers to fill in marked and checked by the spreadsheet."""
    from infusion_audit.review import worklist_columns

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    library: Any = import_module("xlsxwriter")
    book = library.Workbook(str(file), options)
    book.set_properties({"title": "Findings to review", "author": "infusion-audit", "created": datetime(2000, 1, 1)})
    _sheet(book, SHEET, worklist_columns(), worklist)
    if scorecard:
        _sheet(book, "Scorecard", list(scorecard[0]), scorecard)
    about = book.add_worksheet("How to")
    about.set_column(0, 0, 120)
    for number, line in enumerate(_ABOUT):
        about.write_string(number, 0, line)
    try:
        book.close()
    except library.exceptions.FileCreateError as error:
        raise UserError(f"{file} cannot be written: {error}") from error


def _sheet(book: Any, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """One table: a frozen header with filters, dates as dates, and the columns to fill in checked."""
    head = book.add_format({"bold": True, "bottom": 1})
    asked = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF2CC"})
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS.get(column, max(10, len(column) + 3)), day if column in DATES else None)
        sheet.write_string(0, place, column, asked if column in ANSWERS else head)
        if rows and column in ANSWERS:
            sheet.data_validation(1, place, len(rows), place, _asked(column))
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            _cell(sheet, number, place, row[column], column, day, moment)


def _cell(sheet: Any, number: int, place: int, value: Any, column: str, day: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if column in _TIMES:
        sheet.write_datetime(number, place, datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"), moment)
    elif isinstance(value, bool):
        sheet.write_string(number, place, "yes" if value else "no")
    elif isinstance(value, date):
        sheet.write_datetime(number, place, value, day)
    elif isinstance(value, int | float):
        sheet.write_number(number, place, value)
    else:
        text = _NOT_XML.sub("\ufffd", str(value))
        sheet.write_string(number, place, text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 20] + " ... (cut off)")


def _asked(column: str) -> dict[str, Any]:
    """What the spreadsheet accepts in a column to fill in; the import checks it again."""
    if column == "disposition":
        return {"validate": "list", "source": list(DISPOSITIONS), "error_title": "Disposition", "error_message": "Choose one of the list."}
    if column in DATES:
        rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_title": column}
        return rule | {"error_message": "A date, such as 2026-11-30."}
    longest = LONGEST.get(column, LONGEST["other"])
    rule = {"validate": "length", "criteria": "<=", "value": longest, "error_title": column}
    return rule | {"error_message": f"At most {longest:,} characters."}
