"""A filled-in worklist: read as a spreadsheet writes it, checked in full, every problem named with its line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, get_args

from infusion_audit.errors import UserError
from infusion_audit.ledger import Disposition, Statement
from infusion_audit.suggest import did_you_mean

# what the reviewer fills in, and what tells the finding; the other columns of a worklist are only there to be read
ANSWERS = ("disposition", "reason", "reviewer", "reviewed_at", "action", "owner", "action_due", "action_date", "waived_until")
KEY = ("finding_key", "run_id")
DISPOSITIONS: tuple[str, ...] = get_args(Disposition)
DATES = ("action_due", "action_date", "waived_until")
LONGEST = {"reason": 4_000, "action": 2_000, "other": 200}
SHEET = "Worklist"  # the sheet of a workbook that is read; the others are only there to be read by people
_LARGEST_FILE = 64 * 1024 * 1024
_LARGEST_UNPACKED = 512 * 1024 * 1024  # a workbook of a hundred thousand findings has less than half of it
# a row that says no more than who and when has not been filled in
_SAYS_SOMETHING = ("disposition", "reason", "action", "owner", *DATES)
_INERT = re.compile(r"'[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")

Problem = tuple[int, str]


@dataclass(frozen=True)
class Line:
    """One row that was filled in."""

    number: int
    finding_key: str
    run_id: str | None
    statement: Statement


def original(text: str) -> str:
    """The text of a cell without the quote that keeps a spreadsheet from running it as a formula."""
    return text[1:] if _INERT.match(text) else text


def read_file(file: Path, known_columns: frozenset[str], reviewer: str | None) -> tuple[list[Line], list[Problem]]:
    """The rows that were filled in, and what is wrong with the others; ``reviewer`` stands in where a row names nobody."""
    _small(f"{file.name}:", file.stat().st_size, _LARGEST_FILE)
    lines: list[Line] = []
    problems: list[Problem] = []
    table = _rows_of_workbook(file, problems) if _is_workbook(file) else _rows_of_text(_text(file), problems)
    for number, row in _rows(table, known_columns, file.name, problems):
        if not any(row.get(name) for name in _SAYS_SOMETHING):
            continue
        found = [*_problems(row, reviewer)]
        if found:
            problems += [(number, each) for each in found]
            continue
        stated = {name: row[name] for name in ANSWERS if row.get(name)} | {"disposition": _word(row["disposition"])}
        stated["reviewer"] = row.get("reviewer") or reviewer or ""
        lines.append(Line(number, row["finding_key"].lower(), row.get("run_id") or None, Statement.model_validate(stated)))
    return lines, problems


def _is_workbook(file: Path) -> bool:
    """Told by its first bytes: a workbook is a zip archive, whatever it is called."""
    with file.open("rb") as opened:
        return opened.read(4) == b"PK\x03\x04"


def _small(name: str, size: int, most: int) -> None:
    if size > most:
        raise UserError(f"{name} is larger than {most >> 20} MB", hint="A worklist is far smaller: give the file that review export wrote.")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file.name}: is not UTF-8 text", hint='Save it as "CSV UTF-8".') from error


def _rows_of_text(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the line that it begins on."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    before = csv.field_size_limit(_LARGEST_FILE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            yield number, cells
    except csv.Error as error:
        problems.append((reader.line_num, f"cannot be read as CSV ({error}); nothing after it was read"))
    finally:
        csv.field_size_limit(before)


def _rows_of_workbook(file: Path, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The rows of the sheet Worklist, cells as the text that a CSV file would hold; a formula is never taken for an answer."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as archive:
            _small(f"{file.name}: unpacked, it", sum(each.file_size for each in archive.infolist()), _LARGEST_UNPACKED)
        book = load_workbook(file, read_only=True)
        if SHEET not in book.sheetnames:
            raise UserError(f'{file.name}: has no sheet "{SHEET}"', hint="Give the workbook that infusion-audit wrote.")
        width = 0
        for number, row in enumerate(book[SHEET].iter_rows(), start=1):
            if any(cell.data_type == "f" for cell in row):
                problems.append((number, "holds a formula; type the answer itself"))
                continue
            cells = [_as_text(cell.value) for cell in row]
            while len(cells) > width and not cells[-1]:  # a spreadsheet may keep empty cells behind a row, or leave them out
                cells.pop()
            width = width or len(cells)
            yield number, cells + [""] * (width - len(cells))
    except UserError:
        raise
    except Exception as error:  # a damaged archive fails in as many ways as there are parts in it
        raise UserError(f"{file.name}: cannot be read as a workbook", hint="Save it as .xlsx, or as CSV UTF-8.") from error


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(timespec="minutes")
    return str(value)


def _rows(
    table: Iterator[tuple[int, list[str]]], known_columns: frozenset[str], name: str, problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows under the header; a row of another width is a problem."""
    _, first = next(table, (1, list[str]()))
    header = [re.sub(r"[ -]+", "_", cell.strip().lower()) for cell in first]
    _check_header(header, known_columns, name)
    for number, cells in table:
        if not any(cells):
            continue
        if len(cells) != len(header):
            problems.append((number, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        yield number, {column: original(cell).strip() for column, cell in zip(header, cells, strict=True)}


def _check_header(header: list[str], known_columns: frozenset[str], name: str) -> None:
    known = {*known_columns, *ANSWERS, *KEY}
    wrong = [f'{name}, line 1: unknown column "{column}"{did_you_mean(column, known)}' for column in header if column not in known]
    wrong += [f"{name}, line 1: column {column} is missing" for column in ("finding_key", "disposition", "reason") if column not in header]
    wrong += [f"{name}, line 1: column {column} stands twice" for column in sorted(known) if header.count(column) > 1]
    if wrong:
        raise UserError.many(wrong, hint="infusion-audit review export writes a worklist with the right columns. Nothing was imported.")


def _word(text: str) -> str:
    return re.sub(r"[ -]+", "_", text.lower())


def _problems(row: Mapping[str, str], reviewer: str | None) -> Iterator[str]:
    """What is wrong with a row that was filled in; a cell's own text is shown only where it is one of ours."""
    disposition = _word(row.get("disposition", ""))
    if not row.get("finding_key"):
        yield "finding_key is missing"
    if not disposition:
        yield f"disposition is missing; it is one of {', '.join(DISPOSITIONS)}"
    elif disposition not in DISPOSITIONS:
        near = did_you_mean(disposition[:40], DISPOSITIONS)
        yield f'disposition "{disposition[:40]}" is unknown{near}; it is one of {", ".join(DISPOSITIONS)}'
    if not row.get("reason"):
        yield "reason is missing: say why"
    if not (row.get("reviewer") or reviewer):
        yield "reviewer is missing: fill in the column, or give --reviewer NAME"
    if not row.get("action") and any(row.get(name) for name in ("owner", "action_due", "action_date")):
        yield "action is missing: an owner or a date of an action is given without it"
    for name in ANSWERS:
        yield from _cell_problems(name, row.get(name, ""))


def _cell_problems(name: str, cell: str) -> Iterator[str]:
    longest = LONGEST.get(name, LONGEST["other"])
    if len(cell) > longest:
        yield f"{name} has {len(cell):,} characters; at most {longest:,} are kept"
    elif any(unicodedata.category(sign) == "Cc" and sign not in "\n\r\t" for sign in cell):
        yield f"{name} holds a control character"
    elif name in DATES and cell and not _is(date.fromisoformat, r"\d{4}-\d\d-\d\d", cell):
        yield f"{name} must be a date such as 2026-11-30"
    elif (
        name == "reviewed_at"
        and cell
        and not _is(datetime.fromisoformat, r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", cell)
    ):
        yield "reviewed_at must be a date or time such as 2026-11-30 or 2026-11-30T14:05"


def _is(parse: Callable[[str], Any], form: str, cell: str) -> bool:
    try:
        return bool(re.fullmatch(form, cell, re.ASCII)) and bool(parse(cell))
    except ValueError:
        return False
