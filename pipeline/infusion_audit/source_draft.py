"""The first draft of an import format: its files looked at, its columns proposed as selects, its codes listed to be given a meaning.

A draft runs as it is. What it does not know it leaves empty, and says so in a comment beside the column.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from infusion_audit.engine import Connection, connect
from infusion_audit.errors import UserError
from infusion_audit.inputs import JSON_SUFFIXES, MANIFEST, SUFFIXES, DataFile, check_regular, match_columns
from infusion_audit.load import prepare
from infusion_audit.manifest import Manifest
from infusion_audit.source_file import OWN_NAMES
from infusion_audit.source_names import FILES, FITS, ISO_TIME, NUMBER, OTHER_TIME, Match, best, plain, share
from infusion_audit.staging import Reader, Scratch, identifier
from infusion_audit.validate import TableEntry
from infusion_audit_schemas import dictionary

MOST_CODES = 200
"""A column with more different values than this gets no code map: it is no list of codes."""
MOST_RECORDS = 2000
"""So many records of a JSON file are looked at."""
LEAST = 0.5
"""The share of a table's required columns that a file must have to be proposed for it."""

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
    chosen: dict[str, dict[str, Match]] = field(default_factory=lambda: {})


def write_draft(folder: Path, data: Sequence[Path]) -> list[str]:
    """Write the draft into a folder; returns what to tell the user."""
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", hint="Give a folder that does not exist yet.")
    tables = dictionary()
    views = _views(data, [str(table["table"]) for table in tables])
    if not views:
        raise UserError(
            f"{', '.join(map(str, data))}: no file that can be read", hint=f"Files that are read: {', '.join((*SUFFIXES, *JSON_SUFFIXES))}."
        )
    fed = {str(table["table"]): [view for view in views if _feeds(view, table, tables)] for table in tables}
    maps: dict[str, dict[str, tuple[str, int]]] = {}
    selects = {str(table["table"]): _select(table, fed[str(table["table"])], maps) for table in tables if fed[str(table["table"])]}
    folder.mkdir(parents=True, exist_ok=True)
    for name, sql in selects.items():
        (folder / f"{name}.sql").write_text(sql, encoding="utf-8")
    for name, codes in maps.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerows([["value", "meaning", "rows"], *([value, meaning, count] for value, (meaning, count) in codes.items())])
    for view in views:
        if view.shape:
            (folder / f"{view.name}.json").write_text(json.dumps(view.shape, indent=2) + "\n", encoding="utf-8")
    (folder / "source.toml").write_text(_toml(folder, views, maps, fed), encoding="utf-8")
    return _summary(tables, fed, views, maps)


def _summary(tables: Sequence[TableEntry], fed: Mapping[str, list[View]], views: Sequence[View], maps: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{name}: from {', '.join(view.pattern for view in fed[name])}" if fed[name] else f"{name}: no file looks like it"
        for name in (str(table["table"]) for table in tables)
    ]
    used = {view.name for of_table in fed.values() for view in of_table}
    lines += [f"{view.pattern} is not used: its columns resemble no table's" for view in views if view.name not in used]
    blank = sum(not meaning for codes in maps.values() for meaning, _ in codes.values())
    return [*lines, f"{blank:,} codes in {len(maps)} maps wait for their meaning"] if maps else lines


# ---------------------------------------------------------------- the files


def _views(data: Sequence[Path], tables: Sequence[str]) -> list[View]:
    """The files of an extract, those of one kind together."""
    problems: list[str] = []
    found: dict[tuple[str, str], View] = {}
    with TemporaryDirectory(prefix="infusion-audit-") as scratch, connect() as connection:
        prepare(connection, Manifest())
        reader = Reader(connection, Scratch(Path(scratch)))
        for root, path in _files(data):
            name, suffix = _name(path, tables), _suffix(path)
            if reason := check_regular(path):
                problems.append(f"{path.name} {reason}")
                continue
            try:
                values, shape = _of_json(path, suffix) if suffix in JSON_SUFFIXES else (_of_table(connection, reader, path, suffix), None)
            except (ValueError, UserError) as error:
                problems.append(f"{path.name} {error}" if isinstance(error, ValueError) else str(error))
                continue
            known = found.get((name, suffix))
            if known and known.values.keys() == values.keys():
                known.files.append(path)
                known.pattern = _pattern([known.pattern, path.relative_to(root).as_posix()])
                for column, counts in values.items():
                    for value, count in counts.items():
                        known.values[column][value] = known.values[column].get(value, 0) + count
                continue
            taken = {view.name for view in found.values()}
            unique = name if name not in taken else next(f"{name}_{at}" for at in range(2, 10_000) if f"{name}_{at}" not in taken)
            pattern = path.relative_to(root).as_posix() if root != path else path.name
            found[unique if known else name, suffix] = View(unique, pattern, suffix, [path], values, shape)
    if problems:
        raise UserError.many(problems)
    return list(found.values())


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


def _of_table(connection: Connection, reader: Reader, path: Path, suffix: str) -> Values:
    """The values of a file with a header."""
    file = DataFile("file", path, path.name, suffix)
    names = reader.header(file)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise ValueError("has columns that are not separated by commas; save it as CSV with commas")
    columns, wrong = match_columns(names, {"columns": [{"name": name.lower(), "required": False} for name in names]})
    if wrong:
        raise ValueError(f"cannot be read: {'; '.join(wrong)}")
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
    "line",
    "file_id",
    "unit",
}


def _counted(connection: Connection, column: str) -> dict[str, int]:
    found = connection.execute(
        f"""select text_cell({column}) as value, count(*) as rows from looked_at where value is not null
        group by value order by rows desc, value limit 1000"""
    ).fetchall()
    return {str(value): int(count) for value, count in found}


def _of_json(path: Path, suffix: str) -> tuple[Values, Any]:
    """The values and the shape of the first records of a JSON file."""
    import gzip

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
            step = key if re.fullmatch(r"[A-Za-z_]\w*", key) and key.lower() not in RESERVED else identifier(key)
            yield from _leaves(each, of.get(key), f"{path}.{step}" if path else step)
    elif isinstance(shape, list):
        listed = cast("list[Any]", value) if isinstance(value, list) else []
        yield from _leaves(shape[0], listed[0] if listed else None, f"{path}[1]")
    else:
        yield path, "" if value is None else str(value).strip()


# ---------------------------------------------------------------- the selects


def _feeds(view: View, table: TableEntry, tables: Sequence[TableEntry]) -> bool:
    """Whether a view is proposed for a table: it has enough of its required columns, and is no better fit for another."""
    scores = {str(each["table"]): _score(view, each) for each in tables}
    mine = scores[str(table["table"])]
    return mine > 0 and mine == max(scores.values()) and list(scores.values()).index(mine) == list(scores).index(str(table["table"]))


def _score(view: View, table: TableEntry) -> float:
    """How much of a table a view has; 0 when it is too little."""
    name = str(table["table"])
    chosen = view.chosen.setdefault(name, _choose(view, table))
    required = [str(column["name"]) for column in table["columns"] if column["required"]]
    has = sum(each in chosen for each in required) / len(required)
    if name == "observation" and _kinds(view, table) and "patient_id" in chosen and "effective_at" in chosen:
        has = 1.0
    stem = plain(view.pattern.split("/")[-1].split(".")[0])
    called = 1.0 if plain(name) == stem else 0.6 if any(plain(each) in stem for each in FILES.get(name, ())) else 0.0
    strength = sum(match.score for match in chosen.values()) / len(table["columns"])
    distinct = sum(1 for each in required if each in chosen and each not in ("patient_id",))
    return has + called + strength if has > LEAST or (called and has >= LEAST) or (distinct and called) else 0.0


def _choose(view: View, table: TableEntry) -> dict[str, Match]:
    """For every column of a table the best one of the view; no column of the view is used twice."""
    found = {str(column["name"]): match for column in table["columns"] if (match := best(column, view.values))}
    kept: dict[str, Match] = {}
    for name, match in sorted(found.items(), key=lambda each: -each[1].score):
        if match.column not in {each.column for each in kept.values()}:
            kept[name] = match
    return kept


def _kinds(view: View, table: TableEntry) -> dict[str, str]:
    """The columns of a view that are each a kind of observation."""
    allowed = next(column["allowed"] for column in table["columns"] if column["name"] == "kind")
    named = {plain(kind): kind for kind in allowed}
    return {column: named[plain(column)] for column in view.values if plain(column) in named}


def _select(table: TableEntry, views: Sequence[View], maps: dict[str, dict[str, tuple[str, int]]]) -> str:
    """The select of a table over every view that is proposed for it."""
    selects: list[str] = []
    for view in views:
        chosen = view.chosen[str(table["table"])]
        wide = _kinds(view, table) if table["table"] == "observation" and "kind" not in chosen else {}
        unused = [column for column in view.values if column not in {*(each.column for each in chosen.values()), *wide}]
        absent = [
            str(column["name"]) for column in table["columns"] if column["name"] not in {*chosen, *(("kind", "value") if wide else ())}
        ]
        note = f"-- {view.pattern}\n"
        note += f"-- not found: {', '.join(absent)}\n" if absent else ""
        note += f"-- not used: {', '.join(unused)}\n" if unused else ""
        fixed: list[dict[str, str]] = [{"kind": f"'{kind}'", "value": f"v.{column}"} for column, kind in wide.items()] or [{}]
        selects += [note + "union all by name\n".join(_part(table, view, chosen, each, maps) for each in fixed)]
    head = f"-- {table['table']}: {table['description']} See: infusion-audit schema {table['table']}\n"
    return head + "union all by name\n".join(selects)


def _part(
    table: TableEntry, view: View, chosen: Mapping[str, Match], fixed: Mapping[str, str], maps: dict[str, dict[str, tuple[str, int]]]
) -> str:
    lines = ["    v.file_id,", "    v.line,"]
    joins: list[str] = []
    for column in table["columns"]:
        name, match = str(column["name"]), chosen.get(str(column["name"]))
        if name in fixed:
            lines.append(f"    {fixed[name]} as {name}, -- the column is called so")
        elif match is None:
            if column["required"]:
                lines.append(f"    null as {name}, -- NOT FOUND, and rows without it are kept out: {column['description']}")
        elif column["type"] == "choice" and 0 < len(view.values[match.column]) <= MOST_CODES:
            code_map = f"{table['table']}_{name}"
            _add_codes(maps.setdefault(code_map, {}), view.values[match.column], column["allowed"])
            lines.append(
                f"    coalesce(nullif({code_map}.meaning, ''), v.{match.column}) as {name}, -- {match.why}; codes in {code_map}.csv"
            )
            joins.append(f"left join {code_map} on lower({code_map}.value) = lower(text_cell(v.{match.column}))\n")
        elif column["type"] == "instant" and (odd := _odd_time(match.column, view.values[match.column])):
            lines.append(f"    null as {name}, -- {match.why}, but {odd}")
        else:
            lines.append(f"    v.{match.column} as {name}, -- {match.why}")
    last, _, comment = lines[-1].partition(", -- ")
    lines[-1] = last.removesuffix(",") + (f" -- {comment}" if comment else "")
    only = f"where {fixed['value']} is not null\n" if fixed else ""
    return "select\n" + "\n".join(lines) + f"\nfrom {view.name} as v\n" + "".join(joins) + only


def _add_codes(codes: dict[str, tuple[str, int]], values: Mapping[str, int], allowed: Sequence[str]) -> None:
    """Add observed values to a code map; one that is a word of the contract means that word, any other waits for its meaning."""
    known = {value.casefold(): value for value in codes}
    for value, count in values.items():
        key = known.setdefault(value.casefold(), value)
        before = codes.get(key, ("", 0))[1]
        codes[key] = (value.lower() if value.lower() in allowed else "", before + count)


def _odd_time(column: str, values: Mapping[str, int]) -> str:
    """How times are to be read that are not ISO 8601: proposed and never taken, for day and month look alike; blank when they are."""
    if not values or share(values, ISO_TIME) >= FITS:
        return ""
    if share(values, NUMBER) >= FITS:
        return (
            "its values are numbers, as Excel stores dates. If they are: strftime(timestamp '1899-12-30' + "
            f"to_milliseconds(round(cast(v.{column} as double) * 86400000)::bigint), '%Y-%m-%dT%H:%M:%S')"
        )
    shape = re.sub(r"\d", "9", next(value for value in values if OTHER_TIME.fullmatch(value)))
    mark = next((each for each in "./-" if each in shape), "/")
    hours = (
        " %I:%M %p"
        if re.search(r"[ap]m", shape, re.IGNORECASE)
        else " %H:%M:%S"
        if shape.count(":") == 2
        else " %H:%M"
        if ":" in shape
        else ""
    )
    first, second = f"%d{mark}%m{mark}%Y{hours}", f"%m{mark}%d{mark}%Y{hours}"
    return (
        f"its values are like {shape}, not ISO 8601. Which is the day? strftime(strptime(v.{column}, '{first}'), '%Y-%m-%dT%H:%M:%S')"
        f" or '{second}'"
    )


def _toml(folder: Path, views: Sequence[View], maps: Mapping[str, Any], fed: Mapping[str, list[View]]) -> str:
    used = [view for view in views if any(view in of_table for of_table in fed.values())]
    lines = ["# A draft: read the comments in the selects, then: infusion-audit source check DIR --data FILES", "[source]"]
    lines += [
        f"title = {json.dumps(folder.resolve().name)}",
        'timezone = "manifest" # of times without an offset; or a zone such as "Europe/Berlin"',
    ]
    optional = [view.name for view in used if view not in fed["administration"]]
    lines += [f"optional = {json.dumps(optional)} # an extract may lack these files"] if optional else []
    lines += ["", "[reads]"]
    lines += [f"{view.name} = {json.dumps(view.pattern)}" for view in used if not view.shape]
    for view in used:
        if view.shape:
            lines += ["", f"[reads.{view.name}]", f"files = {json.dumps(view.pattern)}", f'shape = "{view.name}.json"']
    if maps:
        lines += [
            "",
            "# value: what the files say; meaning: the word of the contract (infusion-audit schema TABLE); blank: unknown, and listed",
            "[maps]",
        ]
        lines += [f'{name} = {{file = "{name}.csv", key = ["value"]}}' for name in maps]
    return "\n".join(lines) + "\n"
