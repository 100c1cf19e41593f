"""Finding the files of an extract and matching their columns by name, before anything is read.

All problems are gathered and told at once, so that a site mends its export in one round.
"""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from infusion_audit.errors import UserError
from infusion_audit.json_records import RecordForm
from infusion_audit.salvage import LONGEST_RECORD, has_tabs, header_of
from infusion_audit.suggest import did_you_mean

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".xlsx")
JSON_SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz", ".json", ".json.gz")
REFUSED_SUFFIXES = (".tsv", ".txt", ".xls", ".xlsm", ".xlsb", ".json", ".ndjson", ".zip", ".csv.zip", ".csv.bz2", ".csv.zst", ".gz")
MANIFEST = "manifest.toml"
TIGHTEST, HARMLESS = 100, 100_000_000
"""Records never pack to less than a hundredth; below so many bytes it does no harm either."""
NOT_WHOLE_GZIP = "is not a whole gzip file; it broke off on the way, or is packed otherwise: export or copy it again"
PLACE = ("file_id", "line")
"""What says in a view of another format where a row is from."""
NEAR = 0.85


@dataclass(frozen=True)
class DataFile:
    """One file to read: of which table, where it is, how it is called within the extract."""

    table: str
    path: Path
    name: str
    suffix: str
    form: RecordForm | None = None
    """For JSON: what its records are."""
    needs: tuple[str, ...] = ()
    """For another format's table: the columns that it must have."""
    uses: tuple[str, ...] = ()
    """Those that it may have; where it does not, they are empty."""
    patient: str = "patient_id"
    """The column that says whose a row is."""
    whole: str = ""
    """How the columns end that hold whole numbers, which some programs write with a point and a zero."""
    tabs: tuple[str, ...] = ()
    """A file whose header is exactly these names with tabs between them has tabs throughout, and no quotes."""


@dataclass(frozen=True)
class Extract:
    """The files of one extract."""

    name: str
    files: list[DataFile]
    manifest: Path | None


@dataclass(frozen=True)
class Columns:
    """The columns of a file in its own order: the contract's name of each, or None for one that it does not know."""

    names: list[str]
    matched: list[str | None]

    @property
    def unknown(self) -> list[str]:
        """The names that the contract does not know."""
        return [
            name or f"(column {at} has no name)"
            for at, (name, known) in enumerate(zip(self.names, self.matched, strict=True), 1)
            if not known
        ]


def find_extract(data: Sequence[Path], tables: Sequence[dict[str, Any]]) -> Extract:
    """The table files below these paths; every problem with them is told in one error."""
    finder = _Finder([str(table["table"]) for table in tables])
    for path in data:
        finder.take(path, len(data) > 1)
    found = {file.table for file in finder.files}
    missing = [str(table["table"]) for table in tables if table["required"] and table["table"] not in found]
    finder.refuse_near_misses(found)
    near = {table for table, _ in finder.near}
    finder.problems += [
        f"{_where(data)}: the table {table} is missing; it is read from {table}.csv, {table}.csv.gz, {table}.parquet or {table}.xlsx"
        for table in missing
        if table not in near
    ]
    _raise(finder.problems)
    return Extract(data[0].resolve().name, sorted(finder.files, key=lambda file: file.name), finder.manifest)


def match_columns(names: list[str], table: dict[str, Any]) -> tuple[Columns, list[str]]:
    """The columns of a file by the contract's names, and what is wrong with them."""
    known = {str(column["name"]): bool(column["required"]) for column in table["columns"]}
    folded = [name.strip().lower() for name in names]
    columns = Columns(names, [name if name in known else None for name in folded])
    twice = [name for name, count in Counter(name for name in folded if name).items() if count > 1]
    problems = [f"the column {name} appears {folded.count(name)} times" for name in twice]
    lost = [name for name, required in known.items() if required and name not in folded]
    strays = [name for name in columns.unknown if name]
    if (lost or not known) and len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return columns, [f"the columns are not separated by commas{separated_otherwise(names[0])}"]
    problems += [f"the column {name} is missing{_near_stray(name, strays)}" for name in lost]
    return columns, problems


def own_names(names: Sequence[str | None]) -> list[str | None]:
    """The columns of a foreign file, those renamed that are called like the place of a row: ``line`` becomes ``own_line``."""
    taken = {name.lower() for name in names if name}
    prefix = "own_"
    while any(prefix + place in taken for place in PLACE):
        prefix += "own_"
    return [prefix + name.lower() if name and name.lower() in PLACE else name for name in names]


def separated_otherwise(header: str) -> str:
    """What separates the columns of a header if not commas, with the way out."""
    mark, name = max((header.count(mark), mark) for mark in ";\t|")[1], {";": "semicolons", "\t": "tabs", "|": "bars"}
    return f" but by {name[mark]}; save it as CSV with commas (and decimal points), or as Parquet"


def check_regular(path: Path, *, may_be_empty: bool = False) -> str | None:
    """Why a path cannot be read as a data file, or None; JSON without records is an empty file."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if stat.S_ISLNK(mode):
        return "is a symbolic link, which is not followed; give the file itself"
    if stat.S_ISDIR(mode):
        return "is a folder; a file of that name is read"
    if not stat.S_ISREG(mode):
        return "is not a regular file; copy what it holds into one"
    if path.stat().st_size == 0 and not may_be_empty:
        return "is empty; a table without rows still has its header line"
    return None if os.access(path, os.R_OK) else "cannot be read (permission denied)"


def first_bytes(file: DataFile) -> bytes:
    """The beginning of a CSV file, unpacked; raises ValueError, with what is wrong, when it cannot be."""
    if file.suffix != ".csv.gz":
        with file.path.open("rb") as plain:
            return plain.read(LONGEST_RECORD)
    try:
        with gzip.open(file.path) as packed:
            return packed.read(LONGEST_RECORD)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(NOT_WHOLE_GZIP) from error


def csv_header(file: DataFile) -> list[str]:
    """The column names of a CSV file; raises ValueError, with what is wrong, when they cannot be read."""
    start = first_bytes(file)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise ValueError("is empty; a table without rows still has its header line")
    return list(file.tabs) if has_tabs(start, file.tabs) else header_of(start)


class _Finder:
    """Walks the given paths and sorts what it finds."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables
        self.files: list[DataFile] = []
        self.problems: list[str] = []
        self.manifest: Path | None = None
        self.strays: list[str] = []
        self.near: list[tuple[str, str]] = []

    def take(self, path: Path, several: bool) -> None:
        if not path.exists():
            self.problems.append(f"{path}: there is no such file or folder")
        elif path.is_dir():
            prefix = f"{path.resolve().name}/" if several else ""
            children = [child for child in sorted(path.iterdir()) if not child.name.startswith(".")]
            for child in children:
                self._file_or_parts(child, prefix + child.name)
            self._one_form_each(path, children)
        else:
            self._file_or_parts(path, path.name, wanted=True)

    def refuse_near_misses(self, found: set[str]) -> None:
        """A file whose name is nearly a table's is not ignored where that table is not there."""
        for stray in self.strays:
            near = get_close_matches(_stem(stray)[0], self.tables, n=1, cutoff=NEAR)
            if near and near[0] not in found:
                self.near.append((near[0], stray))
                self.problems.append(f'{stray} is not the name of a table; did you mean "{near[0]}{_stem(stray)[1]}"?')

    def _file_or_parts(self, path: Path, name: str, *, wanted: bool = False) -> None:
        stem, suffix = _stem(path.name)
        if path.name.lower() == MANIFEST:
            if self.manifest is not None:
                self.problems.append(f"{name}: an extract has one {MANIFEST}, and there are two")
            if reason := check_regular(path, may_be_empty=True):
                self.problems.append(f"{name} {reason}")
            self.manifest = path
        elif path.is_dir() and stem + suffix in self.tables:
            self._parts(stem + suffix, path, name)
        elif stem in self.tables and suffix in SUFFIXES:
            self._add(DataFile(stem, path, name, suffix))
        elif stem in self.tables and suffix in REFUSED_SUFFIXES:
            self.problems.append(f"{name}: {suffix} files are not read; write {stem}.csv, {stem}.csv.gz, {stem}.parquet or {stem}.xlsx")
        elif suffix in SUFFIXES:
            self.strays.append(name)
            if wanted and not get_close_matches(stem, self.tables, n=1, cutoff=NEAR):
                self.problems.append(f"{name} is not the name of a table{did_you_mean(stem, self.tables)}")

    def _parts(self, table: str, folder: Path, name: str) -> None:
        if folder.is_symlink():
            self.problems.append(f"{name} is a symbolic link, which is not followed; give the folder itself")
            return
        parts = [part for part in sorted(folder.iterdir()) if _stem(part.name)[1] in SUFFIXES and not part.name.startswith((".", "_"))]
        if not parts:
            self.problems.append(f"{name}/ holds no .csv, .csv.gz, .parquet or .xlsx file")
        for part in parts:
            self._add(DataFile(table, part, f"{name}/{part.name}", _stem(part.name)[1]))

    def _add(self, file: DataFile) -> None:
        if reason := check_regular(file.path):
            self.problems.append(f"{file.name} {reason}")
        self.files.append(file)

    def _one_form_each(self, folder: Path, children: list[Path]) -> None:
        """A table is one file or one folder; two forms of it would be counted twice."""
        forms: dict[str, list[str]] = {}
        for child in children:
            stem, suffix = _stem(child.name)
            if stem in self.tables and (suffix in SUFFIXES or (child.is_dir() and not suffix)):
                forms.setdefault(stem, []).append(child.name)
        self.problems += [
            f"{folder}: {' and '.join(names)} both hold the table {table}; keep one" for table, names in forms.items() if len(names) > 1
        ]


def _stem(name: str) -> tuple[str, str]:
    """The name without its ending and the ending, both in lower case; ``.csv.gz`` is one ending."""
    stem, dot, rest = name.lower().partition(".")
    return stem, dot + rest


def _near_stray(name: str, strays: list[str]) -> str:
    near = get_close_matches(name, [stray.lower() for stray in strays], n=1, cutoff=0.7)
    return f'; is it the column "{near[0]}"?' if near else ""


def _where(data: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in data)


def _raise(problems: list[str]) -> None:
    if problems:
        raise UserError.many(problems)


def raise_problems(problems: Iterator[str] | list[str]) -> None:
    """One error for all problems, if there are any."""
    _raise(list(problems))
