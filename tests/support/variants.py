"""Changes to a patient's rows that must change nothing, or only in one direction."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction

from .chart import Row, decimal_text
from .folder import Tables

MASS = re.compile(r"^(mg|mcg|ug|\u00b5g|\u03bcg|g|ng)(/(h|hr|hour|min|minute))?$")
VOLUME = re.compile(r"^(ml|cc)(/(h|hr|hour|min|minute))?$")
WEIGHTS = (("dosing_weight", "dosing_weight_unit"), ("pump_weight", "pump_weight_unit"))
SET_RATE = ("infusion", "rate_change")
HALTS = (*SET_RATE, "pause", "stop")


def renamed(tables: Tables, patient: str, name: str) -> Tables:
    """The same patient under another identity; every other identity holds the patient's and changes with it."""
    return {t: [{k: v.replace(patient, name) for k, v in row.items()} for row in rows] for t, rows in tables.items()}


def changed(tables: Tables, change: Callable[[str, Row], Row]) -> Tables:
    """Every row through a function of its table and cells."""
    return {name: [change(name, dict(row)) for row in rows] for name, rows in tables.items()}


def number(text: str | None) -> Fraction | None:
    """A plain decimal."""
    return Fraction(text) if text and re.fullmatch(r"\d+(\.\d+)?", text) else None


def unit(text: str | None) -> str:
    """A unit without case and spaces."""
    return (text or "").lower().replace(" ", "")


def scaled(row: Row, name: str, factor: int) -> None:
    """Multiply a cell that holds a number."""
    value = number(row.get(name))
    if value is not None:
        row[name] = decimal_text(value * factor)


def scale_doses(row: Row, factor: int, *, per_kg: bool) -> None:
    """Multiply the doses, rates and volumes of an administration row, those per kg only on request."""
    for name, unit_name in (("dose", "dose_unit"), ("rate", "rate_unit"), ("total_dose", "total_dose_unit")):
        text = unit(row.get(unit_name))
        if MASS.match(text) or VOLUME.match(text) or (per_kg and "/kg" in text):
            scaled(row, name, factor)
    scaled(row, "volume_ml", factor)


def doubled_mg_and_kg(tables: Tables) -> Tables | None:
    """Twice every dose and every weight; none when a weight would leave the plausible range."""

    def change(table: str, row: Row) -> Row:
        if table == "administration":
            scale_doses(row, 2, per_kg=False)
        for name, _ in WEIGHTS:
            scaled(row, name, 2)
        if row.get("kind") == "weight":
            scaled(row, "value", 2)
        return row

    charted = [(row.get(n), row.get(u)) for rows in tables.values() for row in rows for n, u in WEIGHTS]
    charted += [(row.get("value"), row.get("unit")) for row in tables.get("observation", []) if row.get("kind") == "weight"]
    values = [(number(value), unit(text)) for value, text in charted if value]
    factors = {"kg": Fraction(1), "g": Fraction(1, 1000), "lb": Fraction("0.45359237"), "oz": Fraction("0.45359237") / 16}
    if any(v is None or u not in factors or not 25 <= v * factors[u] <= 150 for v, u in values):
        return None
    return changed(tables, change)


def raised(tables: Tables) -> Tables:
    """Twice every dose and rate of the protocol's product, also those per kg."""

    def change(table: str, row: Row) -> Row:
        if table == "administration":
            scale_doses(row, 2, per_kg=True)
        return row

    return changed(tables, change)


def one_push_raised(tables: Tables) -> Tables | None:
    """Twice the dose of one push; none when another source may have charted the same push."""
    rows = [r for r in tables.get("administration", []) if r["event"] == "bolus"]
    pushes = [r["administration_id"] for r in rows]
    if not pushes or len({r["source"] for r in rows}) > 1:
        return None

    def change(_: str, row: Row) -> Row:
        if row.get("administration_id") == min(pushes):
            scale_doses(row, 2, per_kg=True)
        return row

    return changed(tables, change)


def shifted(tables: Tables, days: int) -> Tables:
    """Every date and time later by whole days, birth dates too."""

    def shift(text: str) -> str:
        match = re.match(r"\d{4}-\d\d-\d\d(?=T|$)", text)
        if not match:
            return text
        return (date.fromisoformat(match[0]) + timedelta(days=days)).isoformat() + text[match.end() :]

    return changed(tables, lambda _, row: {k: shift(v) if k.endswith(("_at", "_date")) else v for k, v in row.items()})


def time_of(row: Row, name: str) -> datetime | None:
    """A time cell that can be read."""
    try:
        return datetime.fromisoformat(row.get(name, ""))
    except ValueError:
        return None


def plain_segments(tables: Tables) -> list[Row]:
    """Infusion rows with a line, a start and a later stop that no other row of the line interrupts."""
    rows = tables.get("administration", [])
    result: list[Row] = []
    for row in rows:
        start, stop = time_of(row, "started_at"), time_of(row, "stopped_at")
        if row["event"] not in SET_RATE or not row.get("line_id") or start is None or stop is None or stop <= start:
            continue
        others = [r for r in rows if r is not row and r.get("line_id") == row["line_id"] and r["event"] in HALTS]
        times = [time_of(r, "started_at") for r in others]
        if not any(t is None or start <= t < stop for t in times):
            result.append(row)
    return result


def split_segments(tables: Tables, parts: int) -> Tables | None:
    """Every plain segment as several rows of equal length."""
    plain = plain_segments(tables)
    if not plain:
        return None
    rows: list[Row] = []
    for row in tables["administration"]:
        start, stop = time_of(row, "started_at"), time_of(row, "stopped_at")
        if not any(row is p for p in plain) or start is None or stop is None or (stop - start) % timedelta(seconds=parts):
            rows.append(row)
            continue
        length = (stop - start) // parts
        for part in range(parts):
            begin = start + length * part
            cells = {"administration_id": f"{row['administration_id']}/{part}", "started_at": iso(begin), "stopped_at": iso(begin + length)}
            rows.append({**row, **cells})
    return {**tables, "administration": rows}


def verified(tables: Tables) -> Tables | None:
    """A verification of the same rate in the middle of every plain segment."""
    plain = plain_segments(tables)
    if not plain:
        return None
    rows = list(tables["administration"])
    for row in plain:
        start, stop = time_of(row, "started_at"), time_of(row, "stopped_at")
        if start is None or stop is None or not row.get("rate"):
            continue
        cells = {k: v for k, v in row.items() if k not in ("stopped_at", "dose", "dose_unit", "volume_ml")}
        middle = start + (stop - start) // 2
        cells |= {"administration_id": row["administration_id"] + "/v", "event": "rate_verify", "started_at": iso(middle)}
        rows.append(cells)
    return {**tables, "administration": rows}


def iso(at: datetime) -> str:
    """A UTC time as text."""
    return at.isoformat().replace("+00:00", "Z")


def blanked(tables: Tables, table: str, fields: tuple[str, ...], where: Callable[[Row], bool], *, first: bool = False) -> Tables | None:
    """Empty some fields of the chosen rows of a table (or of the first of them); none when there is nothing to empty."""
    chosen = [row for row in tables.get(table, []) if where(row) and any(row.get(f) for f in fields)]
    if not chosen:
        return None
    chosen = chosen[:1] if first else chosen
    rows = [{k: "" if k in fields and any(row is c for c in chosen) else v for k, v in row.items()} for row in tables[table]]
    return {**tables, table: rows}
