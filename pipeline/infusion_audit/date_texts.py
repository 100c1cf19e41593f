"""Dates as a spreadsheet saves them: a column of them is refused with the way out, for no row of its file could be used."""

from __future__ import annotations

from collections.abc import Mapping

from infusion_audit.engine import Connection
from infusion_audit.errors import UserError
from infusion_audit.settle import Stage
from infusion_audit.validate import TableEntry, column_names

SERIAL = r"[0-9]{5}([.,][0-9]+)?"
LOCAL = r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}([ T,]+[0-9]{1,2}[:.][0-9]{2}([:.][0-9]{2})?( ?[AaPp][Mm])?)?"
ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
FEWEST = 2
"""One odd cell is a broken row; from two on, all alike, it is how the file was saved."""


def refuse_date_texts(connection: Connection, stage: Stage, table: TableEntry, files: Mapping[int, str]) -> None:
    """Raise UserError when a time that every row needs is, in every row of a file, a date of a spreadsheet."""
    names, problems, serial = column_names(table), list[str](), False
    for column in (each for each in table["columns"] if each["required"] and each["type"] == "instant"):
        at = names.index(column["name"]) + 1
        cell = f"text_cell(raw[{at}])"
        odd = f"""faults[{at}] = 'not_a_time' and not regexp_full_match({cell}, '{ISO_DATE}')
            and (regexp_full_match({cell}, '{SERIAL}') or regexp_full_match({cell}, '{LOCAL}'))"""
        if not connection.execute(f"select 1 from {stage.name} where faults is not null and {odd} limit 1").fetchone():
            continue
        found = connection.execute(
            f"""select file_id, min({stage.line}) filter ({odd}), arg_min({cell}, {stage.line}) filter ({odd})
            from {stage.name} where coalesce(faults[{at}], '') <> 'empty'
            group by file_id having count_if({odd}) = count(*) and count(*) >= {FEWEST} order by file_id"""
        ).fetchall()
        for file_id, line, text in found:
            shape = "".join("9" if mark.isdigit() else mark for mark in str(text))
            serial = serial or (shape.replace(",", "").replace(".", "").isdigit() and shape[:5] == "99999")
            problems.append(
                f"{files[int(file_id)]} line {line}: {column['name']} is no time, here and in every other row; it is written like {shape}"
            )
    if problems:
        way = (
            "Give that column the format yyyy-mm-ddThh:mm:ss in the spreadsheet and save again, or convert it (infusion-audit source init)."
        )
        why = "Excel counts days in such numbers." if serial else "Of such dates nobody can tell the day from the month."
        raise UserError("\n".join(problems), hint=f"{why} {way}")
