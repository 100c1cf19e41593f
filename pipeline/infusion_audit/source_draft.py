"""The first draft of an import format: its files looked at, its columns proposed as selects, its codes listed to be given a meaning.

A draft runs as it is. What it does not know it leaves empty, and says so in a comment beside the column.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infusion_audit.errors import UserError
from infusion_audit.inputs import JSON_SUFFIXES, SUFFIXES
from infusion_audit.source_file import find_source
from infusion_audit.source_files import View, views_of
from infusion_audit.source_names import FILES, FITS, ISO_TIME, NUMBER, OTHER_TIME, Match, best, plain, share
from infusion_audit.validate import TableEntry
from infusion_audit_schemas import dictionary

MOST_CODES = 200
"""A column with more different values than this gets no code map: it is no list of codes."""
PRODUCTS = ("ketamine", "esketamine")
"""The names of products that need no meaning; a protocol may be about any other."""
KINDS: list[str] = next(
    column["allowed"]
    for table in dictionary()
    if table["table"] == "observation"
    for column in table["columns"]
    if column["name"] == "kind"
)
MAY_BE_THE_PUMPS = {"weight", "height"}
"""What stands beside a dose and may have been typed into the pump rather than measured."""
FEWEST = 2
"""So many columns of a dose, beside whose it was, make a file worth proposing when no other is."""
LEAST = 0.5
"""The share of a table's required columns that a file must have to be proposed for it."""


def write_draft(folder: Path, data: Sequence[Path]) -> list[str]:
    """Write the draft into a folder; returns what to tell the user."""
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", hint="Give a folder that does not exist yet.")
    tables = dictionary()
    views = views_of(data, [str(table["table"]) for table in tables])
    if not views:
        raise UserError(
            f"{', '.join(map(str, data))}: no file that can be read", hint=f"Files that are read: {', '.join((*SUFFIXES, *JSON_SUFFIXES))}."
        )
    fed = {str(table["table"]): [view for view in views if _feeds(view, table, tables)] for table in tables}
    nearest = _nearest(views, fed)
    beside = [view for view in views if view not in fed["observation"] and _charted_beside(view)]
    fed["observation"] += beside
    maps: dict[str, dict[str, tuple[str, int]]] = {}
    selects = {str(table["table"]): _select(table, fed[str(table["table"])], beside, maps) for table in tables if fed[str(table["table"])]}
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
    return [*_summary(tables, fed, views, maps), *_warnings(views, fed, nearest)]


def _summary(tables: Sequence[TableEntry], fed: Mapping[str, list[View]], views: Sequence[View], maps: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{name}: from {', '.join(view.pattern for view in fed[name])}" if fed[name] else f"{name}: no file looks like it"
        for name in (str(table["table"]) for table in tables)
    ]
    used = {view.name for of_table in fed.values() for view in of_table}
    lines += [f"{view.pattern} is not used: its columns resemble no table's" for view in views if view.name not in used]
    blank = sum(not meaning for codes in maps.values() for meaning, _ in codes.values())
    return [*lines, f"{blank:,} codes in {len(maps)} maps wait for their meaning"] if maps else lines


def _warnings(views: Sequence[View], fed: Mapping[str, list[View]], nearest: bool) -> list[str]:
    """What the user must know before going on."""
    lines = [
        f"{view.pattern}: lines that are no records and are kept out: "
        + ", ".join(f"{reason} {count:,}" for reason, count in view.broken.items())
        + ("; save it as UTF-8 if they have letters that you miss" if "invalid_utf8" in view.broken else "")
        for view in views
        if view.broken
    ]
    lines += [f"{view.pattern}: sheets with rows that are not read: {', '.join(view.unread)}" for view in views if view.unread]
    lines += [
        f"{view.pattern}: has a header and no rows, so nothing is proposed by values"
        for view in views
        if not view.broken and not any(view.values.values())
    ]
    lines += [
        f"{view.pattern}: has the columns of the OMOP table {table}; with the files called as in OMOP: --source omop-5.4"
        for view in views
        for table, needs in _omop_tables().items()
        if needs <= set(view.values)
    ]
    if nearest:
        (view,) = fed["administration"]
        lines += [f"{view.pattern}: is the nearest to doses given and does not look like it; check administration.sql column by column"]
    elif not fed["administration"]:
        lines += [
            "No file looks like doses given, and without them nothing is audited: add it and draft again, or write administration.sql"
        ]
    return lines


def _omop_tables() -> dict[str, set[str]]:
    """The columns that tell a table of OMOP, where they are enough to do so."""
    reads = find_source("omop-5.4", [str(table["table"]) for table in dictionary()]).reads.values()
    return {str(each.table): set(each.needs) for each in reads if len(each.needs) > 2}


# ---------------------------------------------------------------- the selects


def _nearest(views: Sequence[View], fed: dict[str, list[View]]) -> bool:
    """Propose for the doses the file that has most of their columns when none has enough: somebody has to begin somewhere."""
    if fed["administration"]:
        return False
    used = {view.name for name, of_table in fed.items() for view in of_table if name != "administration"}
    chosen = {view.name: {*view.chosen["administration"]} - {"patient_id", "encounter_id"} for view in views}
    found = [view for view in views if view.name not in used and len(chosen[view.name]) >= FEWEST]
    if not found:
        return False
    fed["administration"] = [max(found, key=lambda view: len(chosen[view.name]))]
    return True


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
    if name == "observation" and _kinds(view) and {"patient_id", "effective_at"} <= set(chosen):
        has = 1.0
    stem = plain(view.pattern.split("/")[-1].split(".")[0])
    called = 1.0 if plain(name) == stem else 0.6 if any(plain(each) in stem for each in FILES.get(name, ())) else 0.0
    strength = sum(match.score for match in chosen.values()) / len(table["columns"])
    if name == "patient" and not called and set(chosen) <= {"patient_id"}:
        return 0.0
    distinct = sum(1 for each in required if each in chosen and each not in ("patient_id",))
    told = 1.0 if name == "administration" and "event" in chosen and {"dose", "rate"} & set(chosen) else 0.0
    return has + called + strength + told if has > LEAST or (called and has >= LEAST) or (distinct and called) else 0.0


def _choose(view: View, table: TableEntry) -> dict[str, Match]:
    """For every column of a table the best one of the view; no column of the view is used twice."""
    found = {str(column["name"]): match for column in table["columns"] if (match := best(column, view.values))}
    kept: dict[str, Match] = {}
    for name, match in sorted(found.items(), key=lambda each: -each[1].score):
        if match.column not in {each.column for each in kept.values()}:
            kept[name] = match
    return kept


def _charted_beside(view: View) -> bool:
    """Whether a file of something else has columns of assessments too."""
    return {"patient_id", "effective_at"} <= set(view.chosen["observation"]) and bool(set(_kinds(view).values()) - MAY_BE_THE_PUMPS)


def _kinds(view: View) -> dict[str, str]:
    """The columns of a view that are each a kind of observation."""
    named = {plain(kind): kind for kind in KINDS}
    return {column: named[plain(column)] for column in view.values if plain(column) in named}


def _select(table: TableEntry, views: Sequence[View], beside: Sequence[View], maps: dict[str, dict[str, tuple[str, int]]]) -> str:
    """The select of a table over every view that is proposed for it."""
    selects: list[str] = []
    for view in views:
        chosen = view.chosen[str(table["table"])]
        wide = _kinds(view) if table["table"] == "observation" and ("kind" not in chosen or view in beside) else {}
        wide = {column: kind for column, kind in wide.items() if view not in beside or kind not in MAY_BE_THE_PUMPS}
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
                way = " Several columns together may tell: concat_ws('-', v.a, v.b)" if name == table["key"] else ""
                lines.append(f"    null as {name}, -- NOT FOUND, and rows without it are kept out: {column['description']}{way}")
        elif (column["type"] == "choice" or name == "product") and 0 < len(view.values[match.column]) <= MOST_CODES:
            code_map = f"{table['table']}_{name}"
            _add_codes(maps.setdefault(code_map, {}), view.values[match.column], column.get("allowed") or PRODUCTS)
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
        'coverage = "found" # what no row is of was perhaps not exported; "supplied" when the files hold everything that was charted',
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
            "# value: what the files say; meaning: the word of the contract (infusion-audit schema TABLE)",
            "# blank: as it stands; what is then no word of the contract is unknown, and listed",
            "[maps]",
        ]
        lines += [f'{name} = {{file = "{name}.csv", key = ["value"]}}' for name in maps]
    return "\n".join(lines) + "\n"
