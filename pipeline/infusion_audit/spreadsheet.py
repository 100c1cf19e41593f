"""Reading one sheet of an Excel workbook as a table of exact text, row by row, with the row's number in the sheet.

Excel keeps numbers as binary floats and dates as numbers; both become the text that the contract reads. What Excel
itself could not work out or keep stays visible as a mark that no column accepts, and is never taken for a blank.
"""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from infusion_audit.inputs import HARMLESS, TIGHTEST
from infusion_audit.salvage import SHOWN

SUFFIX = ".xlsx"
NOT_COMPUTED = "#NOT_COMPUTED!"
"""A formula whose result was never stored in the file."""
LOST_DIGITS = "#LOST_DIGITS!"
"""A whole number of more than 15 digits: Excel has made zeros of the rest, and two people's numbers may have become one."""
LARGEST = 2_000_000_000
"""Bytes that a workbook may unpack to: far more than a full sheet of any table, and less than fills a machine."""
_TIME_OF_DAY = re.compile(r"[hs]", re.IGNORECASE)
_QUOTED_OR_BRACKETED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')


def sheet_header(path: Path, table: str) -> list[str]:
    """The column names of the sheet of a table; raises ValueError, with what is wrong, when there is none."""
    with _rows(path, table) as (rows, _):
        for _, cells in rows:
            return _trimmed(cells)
    raise ValueError("has an empty first sheet")


def sheet_to_csv(path: Path, table: str, names: list[str], matched: list[str | None], good: Path, bad: Path) -> list[str]:
    """Write the rows below the header to ``good``, each behind its row in the sheet, and those with cells beside the table to ``bad``.

    What comes back are the other sheets that have rows, which nobody reads.
    """
    with (
        _rows(path, table) as (rows, unread),
        good.open("w", encoding="utf-8", newline="") as sound,
        bad.open("w", encoding="utf-8", newline="") as broken,
    ):
        listed = csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\n")
        width = len(names)
        identity = matched.index("patient_id") if "patient_id" in matched else width
        next(rows)
        for number, cells in rows:
            if any(cells[width:]):
                listed.writerow([number, "too_many_cells", ",".join(cell or "" for cell in cells)[:SHOWN], (cells[identity] or "")[:SHOWN]])
            else:
                kept = [*cells[:width], *repeat(None, width - len(cells))]
                sound.write(",".join([str(number), *('"' + cell.replace('"', '""') + '"' if cell else "" for cell in kept)]) + "\n")
        return unread


@contextmanager
def _rows(path: Path, table: str) -> Generator[tuple[Iterator[tuple[int, list[str | None]]], list[str]]]:
    """The rows that are not blank of the sheet named like the table, or of the first one, with their numbers; and the others with rows."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formulas = _has_formulas(path)
            values = load_workbook(path, read_only=True, data_only=True)
            try:
                sheet, unread = _sheet_of(values, table)
                cells = sheet.iter_rows()
                asked = iter(repeat(None))
                if formulas:
                    second = load_workbook(path, read_only=True).__getitem__(sheet.title)
                    second.reset_dimensions()
                    asked = second.iter_rows()
                texts = (
                    [_text(cell) for cell in row] if also is None else _known(row, also) for row, also in zip(cells, asked, strict=False)
                )
                found = ((number, row) for number, row in enumerate(texts, 1) if any(row))
                first = next(found, None)
                yield chain([first] if first else [], found), unread
            finally:
                values.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, EOFError, SyntaxError) as error:
        raise ValueError(
            "is not a whole Excel workbook (.xlsx); if it opens in Excel, save it again as .xlsx without a password"
        ) from error


def _sheet_of(workbook: Any, table: str) -> tuple[Any, list[str]]:
    """The sheet to read, and the titles of the others that have rows.

    Of several with rows nobody knows which is meant, unless one is named like the table.
    """
    sheets = list(workbook.worksheets)
    if not sheets:
        raise ValueError("has no sheet of cells")
    for sheet in sheets:
        sheet.reset_dimensions()  # many programs state them wrongly
    filled = [sheet for sheet in sheets if any(_text(cell) for row in sheet.iter_rows() for cell in row)]
    chosen = next((sheet for sheet in sheets if sheet.title.strip().lower() == table.lower()), None)
    if chosen is None and len(filled) > 1:
        titles = ", ".join(sheet.title for sheet in filled)
        raise ValueError(
            f"has several sheets with rows ({titles}), and none is called {table};"
            " give the one to read that name, and save any other that has rows of it as a workbook of its own"
        )
    chosen = chosen or sheets[0]
    return chosen, [sheet.title for sheet in filled if sheet is not chosen]


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > LARGEST:
            raise ValueError(f"unpacks to more than {LARGEST // 10**9} GB; save the table as CSV")
        if unpacked > max(HARMLESS, TIGHTEST * path.stat().st_size):
            raise ValueError(f"unpacks to more than {TIGHTEST} times its size, which no table does; save the table as CSV")
        for name in packed.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                last = b""
                with packed.open(name) as part:
                    while block := part.read(1 << 20):
                        if re.search(rb"<(\w+:)?f[ >/]", last + block):
                            return True
                        last = block[-20:]
    return False


def _known(row: Any, formulas: Any) -> list[str | None]:
    """The texts of a row in which a formula without a stored result is no blank."""
    return [
        NOT_COMPUTED if cell.value is None and cell.data_type != "str" and asked.data_type == "f" else _text(cell)
        for cell, asked in zip(row, formulas, strict=True)
    ]


def _text(cell: Any) -> str | None:
    """A cell as the contract reads it."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, datetime):
        shows_time = _TIME_OF_DAY.search(_QUOTED_OR_BRACKETED.sub("", cell.number_format))
        return value.isoformat() if shows_time or value.time() != time() else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _duration(value) if isinstance(value, timedelta) else str(value)


def number_text(value: float) -> str:
    """A number with the 15 digits that Excel shows and saves as text, and no exponent."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return "#NUM!"
    if abs(value) >= 10**15:
        return LOST_DIGITS
    exact = Decimal(format(value, ".15g"))
    return f"{exact:f}"


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _trimmed(cells: list[str | None]) -> list[str]:
    """The header without the blank cells at its end."""
    names = [cell or "" for cell in cells]
    while names and not names[-1].strip():
        names.pop()
    return [name.strip() for name in names]
