"""The files that a draft of an import format is made from: those of one kind together, with the values of their columns."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from infusion_audit.engine import Connection, connect, expect
from infusion_audit.errors import UserError
from infusion_audit.inputs import JSON_SUFFIXES, MANIFEST, SUFFIXES, DataFile, check_regular, match_columns, own_names, separated_otherwise
from infusion_audit.load import prepare
from infusion_audit.manifest import Manifest
from infusion_audit.source_file import OWN_NAMES
from infusion_audit.source_names import Match
from infusion_audit.staging import Reader, Scratch, identifier

MOST_RECORDS = 2000
"""So many records of a JSON file are looked at."""

Values = dict[str, dict[str, int]]
"""By column, in the words of SQL: the different values with their counts."""


@dataclass
class View:
    """Files of one kind: how they are found, and what is in them."""

    name: str
    pattern: str
    suffix: str
    files: list[Path]
    values: Values
    shape: Any = None
    broken: dict[str, int] = field(default_factory=lambda: {})
    """How many lines are no records, by reason."""
    unread: list[str] = field(default_factory=lambda: [])
    """The sheets of a workbook that have rows and are not read."""
    chosen: dict[str, dict[str, Match]] = field(default_factory=lambda: {})


def views_of(data: Sequence[Path], tables: Sequence[str]) -> list[View]:
    """The files of an extract, those of one kind together."""
    problems: list[str] = []
    found: dict[tuple[str, str], View] = {}
    with TemporaryDirectory(prefix="infusion-audit-") as scratch, connect() as connection:
        prepare(connection, Manifest())
        reader = Reader(connection, Scratch(Path(scratch)))
        given = list(_files(data))
        expect(connection, (path for _, path in given))
        for root, path in given:
            name, suffix = _name(path, tables), _suffix(path)
            if reason := check_regular(path):
                problems.append(f"{path.name} {reason}")
                continue
            try:
                values, shape = (
                    _of_json(path, suffix) if suffix in JSON_SUFFIXES else (_of_table(connection, reader, path, name, suffix), None)
                )
            except (ValueError, UserError) as error:
                problems.append(f"{path.name} {error}" if isinstance(error, ValueError) else str(error))
                continue
            broken = _broken(connection)
            unread = [title for file, title in reader.unread_sheets if file == path.name]
            reader.unread_sheets.clear()
            known = found.get((name, suffix))
            if known and known.values.keys() == values.keys():
                known.files.append(path)
                known.pattern = _pattern([known.pattern, path.relative_to(root).as_posix()])
                for column, counts in values.items():
                    _add(known.values[column], counts)
                _add(known.broken, broken)
                known.unread += unread
                continue
            taken = {view.name for view in found.values()}
            unique = name if name not in taken else next(f"{name}_{at}" for at in range(2, 10_000) if f"{name}_{at}" not in taken)
            pattern = path.relative_to(root).as_posix() if root != path else path.name
            found[unique if known else name, suffix] = View(unique, pattern, suffix, [path], values, shape, broken, unread)
    if problems:
        raise UserError.many(problems)
    return list(found.values())


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for value, count in more.items():
        counts[value] = counts.get(value, 0) + count


def _broken(connection: Connection) -> dict[str, int]:
    """The lines that the reading of the last file set apart, by reason."""
    found = connection.execute("select reason, count(*) from broken_line group by reason order by 2 desc, 1").fetchall()
    connection.execute("delete from broken_line")
    return {str(reason): int(count) for reason, count in found}


def _files(data: Sequence[Path]) -> Iterable[tuple[Path, Path]]:
    known = (*SUFFIXES, *JSON_SUFFIXES)
    for root in data:
        if root.is_dir():
            yield from (
                (root, path) for path in sorted(root.rglob("*")) if path.is_file() and _suffix(path) in known and path.name[0] not in "._~"
            )
        elif root.name != MANIFEST:
            if _suffix(root) not in known:
                raise UserError(f"{root.name}: files of this kind are not read", hint=f"Files that are read: {', '.join(known)}.")
            yield root.parent, root


def _suffix(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower()


def _name(path: Path, tables: Sequence[str]) -> str:
    """What the view of a file is called: its name without the numbers of its parts."""
    stem = re.sub(r"[^a-z0-9]+", "_", path.name.lower().split(".")[0])
    name = re.sub(r"(_?\d+)+$", "", stem).strip("_") or "data"
    return f"file_{name}" if not name[0].isalpha() or name in (*tables, *OWN_NAMES) else name


def _pattern(names: Sequence[str]) -> str:
    """A pattern for files that differ in numbers only."""
    return re.sub(r"\d+([-_]?\d+)*", "*", names[0]) if "*" not in names[0] else names[0]


def _of_table(connection: Connection, reader: Reader, path: Path, name: str, suffix: str) -> Values:
    """The values of a file with a header."""
    file = DataFile(name, path, path.name, suffix)
    names = reader.header(file)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise ValueError(f"has columns that are not separated by commas{separated_otherwise(names[0])}")
    columns, wrong = match_columns(names, {"columns": [{"name": name.lower(), "required": False} for name in names]})
    if wrong:
        raise ValueError(f"cannot be read: {'; '.join(wrong)}")
    columns = replace(columns, matched=own_names(columns.matched))
    reader.text_view("looked_at", [(1, file)], {path: columns})
    return {identifier_of(name): _counted(connection, identifier(name)) for name in columns.matched if name}


def identifier_of(name: str) -> str:
    """A column as a person would write it in SQL."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in RESERVED else identifier(name)


RESERVED = {
    "order",
    "group",
    "from",
    "to",
    "end",
    "start",
    "select",
    "where",
    "case",
    "when",
    "user",
    "table",
    "column",
    "at",
    "unit",
}


def _counted(connection: Connection, column: str) -> dict[str, int]:
    found = connection.execute(
        f"""select text_cell({column}), count(*) from looked_at where text_cell({column}) is not null
        group by 1 order by 2 desc, 1 limit 1000"""
    ).fetchall()
    return {str(value): int(count) for value, count in found}


def _of_json(path: Path, suffix: str) -> tuple[Values, Any]:
    """The values and the shape of the first records of a JSON file."""
    records: list[dict[str, Any]] = []
    with gzip.open(path, "rt", encoding="utf-8") if suffix.endswith(".gz") else path.open(encoding="utf-8") as text:
        if suffix.startswith(".json") and not suffix.startswith(".jsonl"):
            document: Any = json.load(text)
            listed = cast("list[Any]", document if isinstance(document, list) else [document])
            records = [cast("dict[str, Any]", each) for each in listed if isinstance(each, dict)][:MOST_RECORDS]
        else:
            for number, line in enumerate(text, 1):
                if len(records) == MOST_RECORDS:
                    break
                if line.strip():
                    try:
                        record = json.loads(line)
                    except ValueError:
                        raise ValueError(f"line {number} is not JSON") from None
                    records += [record] if isinstance(record, dict) else []
    if any("resourceType" in record for record in records):
        raise ValueError('holds FHIR resources: use --source fhir-r4, or extend it in a source.toml with extends = "fhir-r4"')
    if not records:
        raise ValueError("holds no records")
    shape: Any = {}
    values: Values = {}
    for record in records:
        shape = _shape(shape, record)
    for record in records:
        for column, value in _leaves(shape, record, ""):
            counts = values.setdefault(column, {})
            if value:
                counts[value] = counts.get(value, 0) + 1
    return values, shape


def _shape(known: Any, value: Any) -> Any:
    """The shape that two values have in common; text where they differ in kind."""
    if value is None:
        return known if known is not None else "text"
    if isinstance(value, dict) and value and isinstance(known or {}, dict):
        of = cast("dict[str, Any]", known or {})
        return {**of, **{key: _shape(of.get(key), each) for key, each in cast("dict[str, Any]", value).items()}}
    if isinstance(value, list) and value and isinstance(known or [], list):
        item = known[0] if known else None
        for each in cast("list[Any]", value):
            item = _shape(item, each)
        return [item]
    empty = value in ({}, [])
    return cast("Any", known) if isinstance(known, (dict, list)) and empty else "text"


def _leaves(shape: Any, value: Any, path: str) -> Iterable[tuple[str, str]]:
    """The texts of a record, each with its path in SQL; of a list the first."""
    if isinstance(shape, dict):
        of = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        for key, each in cast("dict[str, Any]", shape).items():
            name = key if path else str(own_names([key])[0])
            step = name if re.fullmatch(r"[A-Za-z_]\w*", name) and name.lower() not in RESERVED else identifier(name)
            yield from _leaves(each, of.get(key), f"{path}.{step}" if path else step)
    elif isinstance(shape, list):
        listed = cast("list[Any]", value) if isinstance(value, list) else []
        yield from _leaves(shape[0], listed[0] if listed else None, f"{path}[1]")
    else:
        yield path, "" if value is None else str(value).strip()
