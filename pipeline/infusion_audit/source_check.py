"""What an import format makes of an extract, column by column, and what its gaps cost: nothing is kept of it.

Of identities only how many there are is told, and of texts in which every row says something else as well: the answer
is about the mapping, not about patients.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from infusion_audit.engine import Connection, connect, rows
from infusion_audit.judge import judge
from infusion_audit.load import CANONICAL, LoadResult, load
from infusion_audit.period import Period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook, RuleText
from infusion_audit.staging import identifier
from infusion_audit.validate import TableEntry
from infusion_audit.views import needed_by, reads, views
from infusion_audit_schemas import dictionary

MOST_WORDS = 40
"""A column with more different texts than this is no vocabulary; its texts are counted, not shown."""
ENOUGH = 10
"""Fewer numbers than this are not summed up, for they would be somebody's."""
NEEDS = {"weight": ("observation", "medication_order"), "context": ("medication_order", "procedure")}
"""The tables behind the needs of a rule that are not called like a table."""
UNITS = {
    "administration": ("dose_unit", "rate_unit", "concentration_unit", "pump_weight_unit", "total_dose_unit"),
    "medication_order": ("dosing_weight_unit", "concentration_unit"),
    "stock": ("unit",),
    "observation": ("unit",),
}
IN_UNITS = ("weight", "height")
"""The kinds of observation whose unit must be one of the closed list."""

INPUT = ("table", "file", "received", "loaded", "quarantined", "duplicates")
TIMES = {str(column["name"]) for table in dictionary() for column in table["columns"] if column["type"] == "instant"}


def check_source(data: Sequence[Path], source: str = CANONICAL, protocol: str = "ketamine-chronic-pain") -> dict[str, Any]:
    """Load the extract into a warehouse that is thrown away, and tell of every canonical column what became of it."""
    chosen, book = load_protocol(protocol), Rulebook.load()
    with connect() as connection:
        written: dict[str, dict[str, tuple[int, int]]] = {}
        loaded = load(connection, data, source=source, watch=partial(_watch, connection, written))
        local = _local_times(connection, written)
        judge(connection, chosen, book, Period("all", None, None), "check")
        used = [book.rules[row[0]] for row in connection.execute("select rule_id from rule order by rule_id").fetchall()]
        return {
            "source": source,
            "timezone": loaded.manifest.zone.key,
            "inputs": [{name: getattr(file, name) for name in INPUT} for file in loaded.inputs],
            "tables": [_table(connection, table, loaded, local.get(str(table["table"]), {}), used) for table in dictionary()],
            "unknown_columns": loaded.unknown_columns,
            "notices": [{"topic": topic, "value": value, "occurrences": count} for topic, value, count in loaded.notices],
            "broken": rows(
                connection,
                """select table_name as "table", column_name as "column", reason, scope, count(*) as cells from quarantine
                group by all order by cells desc, 1, 2, 3""",
            ),
            "resembling": _resembling(connection, chosen.scope.product),
            "sessions": _one(connection, "select count(*) from session"),
            "rules": _rules(connection, used),
        }


def _resembling(connection: Connection, product: str) -> list[dict[str, Any]]:
    """Products that have the name of the audited one in theirs and are not it, so that nobody judges them."""
    return [
        {"value": value, "rows": count}
        for value, count in connection.execute(
            """select product, count(*) from administration where product <> $product and contains(product, $product)
            group by product order by 2 desc, 1""",
            {"product": product},
        ).fetchall()
    ]


def _watch(connection: Connection, written: dict[str, dict[str, tuple[int, int]]], stage: str) -> None:
    """Count the times of a stage as they were written: how many there are, and how many say no zone."""
    if not stage.startswith("stage_"):
        return
    names = [str(row[0]) for row in connection.execute("describe source").fetchall()]
    times = [name for name in names if name in TIMES]
    if times:
        counted = ", ".join(
            f"count(read_time({_read(name)})), count_if(read_time({_read(name)}) is not null and is_local({_read(name)}))" for name in times
        )
        found = connection.execute(f"select {counted} from source").fetchone() or ()
        written[stage] = {name: (int(found[2 * at] or 0), int(found[2 * at + 1] or 0)) for at, name in enumerate(times)}


def _read(name: str) -> str:
    return f"text_cell({identifier(name)})"


def _local_times(connection: Connection, written: dict[str, dict[str, tuple[int, int]]]) -> dict[str, dict[str, tuple[int, int]]]:
    """By table and column: the times that can be read, and those of them without a zone."""
    tables = dict(connection.execute("select file_id, table_name from input_file").fetchall())
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for stage, columns in written.items():
        of_table = found.setdefault(str(tables.get(int(stage.removeprefix("stage_")))), {})
        for name, (read, local) in columns.items():
            before = of_table.get(name, (0, 0))
            of_table[name] = (before[0] + read, before[1] + local)
    return found


def _table(
    connection: Connection, table: TableEntry, loaded: LoadResult, local: dict[str, tuple[int, int]], used: list[RuleText]
) -> dict[str, Any]:
    """One canonical table: is it there, and what is in its columns."""
    name = str(table["table"])
    given, total = loaded.given.get(name), _one(connection, f"select count(*) from {name}")
    columns = [_column(connection, name, column, given or [], total, local) for column in table["columns"]]
    for column in columns:
        missing = total > 0 and not column["filled"]
        column["costs"] = [rule.rule_id for rule in used if missing and _reads_column(rule, name, column["column"])]
    return {
        "table": name,
        "required": table["required"],
        "supplied": given is not None,
        "rows": total,
        "costs": [rule.rule_id for rule in used if _needs(rule, name)] if given is None or not total else [],
        "columns": columns,
    }


def _column(
    connection: Connection, table: str, column: dict[str, Any], given: Sequence[str], total: int, local: dict[str, tuple[int, int]]
) -> dict[str, Any]:
    name, kind = str(column["name"]), str(column["type"])
    filled = _one(connection, f"select count({identifier(name)}) from {table}")
    entry: dict[str, Any] = {
        "column": name,
        "type": kind,
        "required": column["required"],
        "mapped": name in given,
        "filled": filled,
        "rows": total,
        "values": _values(connection, table, name, kind) if filled else {},
        "unreadable": _unreadable(connection, table, name, vocabulary=kind == "choice"),
        "unknown_units": _unknown_units(connection, table, name) if filled and name in UNITS.get(table, ()) else [],
    }
    if kind == "instant":
        entry["times"], entry["without_zone"] = local.get(name, (0, 0))
    return entry


def _values(connection: Connection, table: str, name: str, kind: str) -> dict[str, Any]:
    """How the values of a column are distributed: of identities, and of texts that are no vocabulary, only how many there are."""
    cell = identifier(name)
    different = _one(connection, f"select count(distinct {cell}) from {table}")
    if kind == "instant":
        first, last = connection.execute(
            f"select strftime(min({cell}), '%Y-%m'), strftime(max({cell}), '%Y-%m') from {table}"
        ).fetchone() or ("", "")
        return {"different": different, "first_month": first, "last_month": last}
    if kind in ("number", "count"):
        return {"different": different, **_spread(connection, f"select {cell} as value from {table} where {cell} is not null")}
    if (table, name) == ("observation", "value"):
        kinds = [row[0] for row in connection.execute("select kind from observation group by kind order by count(*) desc, kind").fetchall()]
        numbers = "select value_number as value from observation where value_number is not null and kind ="
        return {"different": different, "by_kind": {kind: _spread(connection, f"{numbers} '{kind}'") for kind in kinds}}
    if kind in ("identifier", "date") or (kind == "text" and different > MOST_WORDS):
        return {"different": different}
    return {"different": different, "words": _words(connection, f"select {cell} as word from {table} where {cell} is not null")}


def _spread(connection: Connection, numbers: str) -> dict[str, Any]:
    """The number in the middle, and those that a twentieth lies below and above."""
    count = _one(connection, f"select count(*) from ({numbers})")
    if count < ENOUGH:
        return {"numbers": count}
    ranked = f"select value, row_number() over (order by value) as place from ({numbers})"
    outside, middle = (count + 19) // 20, (count + 1) // 2
    places = {"p5": outside, "median": middle, "p95": count - outside + 1}
    wanted = ", ".join(map(str, places.values()))
    found = dict(connection.execute(f"select place, value::varchar from ({ranked}) where place in ({wanted})").fetchall())
    return {"numbers": count, **{name: _plain(found[place]) for name, place in places.items()}}


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _words(connection: Connection, words: str) -> list[dict[str, Any]]:
    return rows(
        connection, f"select word as value, count(*) as rows from ({words}) group by word order by rows desc, word limit {MOST_WORDS}"
    )


def _unreadable(connection: Connection, table: str, column: str, *, vocabulary: bool) -> dict[str, Any]:
    """The cells that could not be read; of a vocabulary the words that are in no list, which a code map could give a meaning."""
    told = "reason <> 'conflicting_rows' and scope <> 'resolved'"
    found = f"from quarantine where table_name = '{table}' and column_name = '{column}' and {told}"
    count = _one(connection, f"select count(*) {found}")
    if not count:
        return {}
    reasons = dict(connection.execute(f"select reason, count(*) {found} group by 1 order by 2 desc, 1").fetchall())
    words = f"select text_cell(raw) as word {found} and reason in ('not_allowed', 'kind_not_used')"
    shown = vocabulary and _one(connection, f"select count(distinct word) from ({words})") <= MOST_WORDS
    return {"cells": count, "reasons": reasons, "unmapped": _words(connection, words) if shown else []}


def _unknown_units(connection: Connection, table: str, column: str) -> list[dict[str, Any]]:
    """The units that are not in the closed list, with how often they occur."""
    only = f"and kind in ({', '.join(repr(kind) for kind in IN_UNITS)})" if table == "observation" else ""
    found = f"select {column} as word from {table} where normal_unit({column}) not in (select unit from unit) {only}"
    if _one(connection, f"select count(distinct word) from ({found})") > MOST_WORDS:
        return [{"value": "(too many different texts for units)", "rows": _one(connection, f"select count(*) from ({found})")}]
    return _words(connection, found)


def _rules(connection: Connection, used: list[RuleText]) -> list[dict[str, Any]]:
    """Of every rule, how many sessions it could not judge, and why; a reason says what the extract does not tell."""
    counted = rows(
        connection,
        """select rule_id, verdict, coalesce(v.reason, '') as code, coalesce(r.sentence, '') as sentence, count(*) as sessions
        from verdict as v left join reason as r on r.reason = v.reason
        group by all order by sessions desc, code""",
    )
    found: list[dict[str, Any]] = []
    for rule in used:
        of_rule = [each for each in counted if each["rule_id"] == rule.rule_id]
        open_ones = [each for each in of_rule if each["verdict"] == "not_evaluable"]
        found.append(
            {
                "rule": rule.rule_id,
                "title": rule.title,
                "sessions": sum(each["sessions"] for each in of_rule if each["verdict"] != "not_applicable"),
                "not_evaluable": sum(each["sessions"] for each in open_ones),
                "reasons": [{"reason": each["code"], "sentence": each["sentence"], "sessions": each["sessions"]} for each in open_ones],
            }
        )
    return found


def _needs(rule: RuleText, table: str) -> bool:
    """Whether a rule says that it needs a table."""
    return any(table == need or table in NEEDS.get(need, ()) for need in rule.needs)


def _reads_column(rule: RuleText, table: str, column: str) -> bool:
    """Whether a rule needs a table and its query, or a view behind it, names the column where it reads the table."""
    queries = [rule.sql, *(views()[name] for name in needed_by([rule.sql]))]
    return _needs(rule, table) and any(table in reads(query) and re.search(rf"\b{column}\b", query) for query in queries)


def _one(connection: Connection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0
