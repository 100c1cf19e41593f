"""The contract applied: which select judges a table's rows, and what it found goes to quarantine with every reason."""

from __future__ import annotations

from typing import Any

from infusion_audit.engine import Connection
from infusion_audit.salvage import SHOWN
from infusion_audit_schemas import contract

TableEntry = dict[str, Any]
"""One table of the data dictionary."""

# Where a lost row can change a verdict, by the time that places it.


def judge_of(table: TableEntry) -> str:
    """The select over the view ``source`` that types and judges the rows of a table."""
    return contract(str(table["table"]))


def column_names(table: TableEntry) -> list[str]:
    """The columns of the contract, in its order."""
    return [str(column["name"]) for column in table["columns"]]


def stored_names(table: TableEntry) -> list[str]:
    """The columns that the warehouse keeps of a row, without its file and line."""
    return [str(name) for name, _ in table["stored"]]


def quarantine_faults(connection: Connection, table: TableEntry) -> None:
    """List every broken cell of the view ``staged``: the row's own scope says whether it was kept out."""
    names = column_names(table)
    listed = ", ".join(f"'{name}'" for name in names)
    connection.execute(
        f"""insert into quarantine
        select
            file_id, '{table["table"]}', line, case when kept_out then 'row' else 'cell' end, fault.column_name, fault.reason,
            left(fault.raw, {SHOWN}), {_still_readable(table)}, {table["key"] or "null"}
        from (
            select *, unnest(list_transform(
                range(1, {len(names) + 1}), lambda i: {{column_name: [{listed}][i], reason: faults[i], raw: raw[i]}}
            )) as fault
            from staged
            where faults is not null
        )
        where fault.reason is not null"""
    )


def quarantine_conflicts(connection: Connection, table: TableEntry) -> None:
    """List the rows of ``conflicting``: one identity with different contents in one extract."""
    connection.execute(
        f"""insert into quarantine
        select
            file_id, '{table["table"]}', line, 'row', '{table["key"]}', 'conflicting_rows', {table["key"]},
            {_still_readable(table)}, {table["key"]}
        from staged where row_id in (select row_id from conflicting)"""
    )


def quarantine_broken_lines(connection: Connection, table: str) -> None:
    """List the lines that are no records of this table (or of this view of another format)."""
    connection.execute(
        f"""insert into quarantine by name
        select
            file_id, table_name, line, 'row' as scope, reason, left(raw, {SHOWN}) as raw,
            patient_id, event, product, route, status, on_date, row_key
        from broken_line where table_name = $table""",
        {"table": table},
    )


# What a kept-out row was about and when, where other tables than administration say it.
_SUBJECT = {
    "administration": ("event", "started_at"),
    "observation": ("kind", "effective_at"),
    "intervention": ("kind", "performed_at"),
    "screening": ("item", "answered_at"),
    "procedure": ("kind", "ended_at"),
}


def subject_of(table: TableEntry) -> tuple[str, str]:
    """The columns that say what a row is about and when; blank where it does not matter."""
    return _SUBJECT.get(str(table["table"]), ("", ""))


def _still_readable(table: TableEntry) -> str:
    """The columns patient_id, event (or kind, or item), product, route, status and on_date, as far as the row can be read."""
    names = column_names(table)
    subject, time = subject_of(table)
    if not subject:
        return "patient_id, null, null, null, null, null" if "patient_id" in names else "null, null, null, null, null, null"
    given = [name if name in names else "null" for name in ("product", "route", "status")]
    at = names.index(time) + 1
    return ", ".join(["patient_id", subject, *given, f"coalesce(read_date(left(text_cell(raw[{at}]), 10)), cast({time} as date))"])
