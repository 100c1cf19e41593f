"""Conversion chains: each number of a verdict on one line, from what was charted to what is held against the limit.

All of it is exact decimals; a printed number has as many of them as it needs so as not to read as another verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from infusion_audit_reports.format import holds, plain
from infusion_audit_reports.summaries import Row

Limit = tuple[Any, Any, str | None]  # low, high, comparator
_SAME = Decimal("1e-11")  # bounds closer than this are the rounding of one value
_PER_KG_DECIMALS = 3
TIMES = "\N{MULTIPLICATION SIGN}"
COMPONENTS = {"pca": "PCA", "pump_total": "pump total"}


def infusion(row: Row, limits: Sequence[Limit] = ()) -> Row:
    """A segment with its rate: ``14 mL/h x 2.5 mg/mL = 35 mg/h; / 70 kg = 0.500 mg/kg/h``."""
    low, high, charted = row["mg_per_h_low"], row["mg_per_h_high"], row["charted"] or "no readable rate"
    if high is None:
        per_kg = row["mg_per_kg_h"]
        end = "" if per_kg is None else f" = {_per_kg(per_kg, per_kg, Decimal(1), Decimal(1), limits)} mg/kg/h, judged as charted"
        return row | {"mg_per_kg_h": _float(per_kg), "conversion": charted + end}
    whole = _equals(charted, f"{amount(low, high)} mg/h")
    kg = row["weight_kg_low"], row["weight_kg_high"]
    return row | {"mg_per_kg_h": _float(quotient(high, kg[0])), "conversion": whole + _divided(low, high, *kg, "mg/kg/h", limits)}


def rate(row: Row, limits: Sequence[Limit] = ()) -> Row:
    """A step of the rate as it is judged, all lines summed."""
    low, high, kg = row["mg_per_h_low"], row["mg_per_h_high"], (row["weight_kg_low"], row["weight_kg_high"])
    if row["is_per_kg"]:
        return row | {"conversion": f"{_per_kg(low, high, Decimal(1), Decimal(1), limits)} mg/kg/h, judged as charted"}
    lines = f" ({row['lines']} lines added)" if row["lines"] > 1 else ""
    return row | {"conversion": f"{amount(low, high)} mg/h{lines}{_divided(low, high, *kg, 'mg/kg/h', limits)}"}


def bolus(row: Row, limits: Sequence[Limit] = ()) -> Row:
    """A bolus: ``15 mg + 10 mg = 25 mg; / 70 kg = 0.357 mg/kg``."""
    low, high = _mg(row["mg_x3600_low"]), _mg(row["mg_x3600_high"])
    kg = row["weight_kg_low"], row["weight_kg_high"]
    whole = _equals(row["charted"] or "no readable amount", f"{amount(low, high)} mg")
    return row | {
        "mg_low": low,
        "mg_high": high,
        "mg_per_kg": _float(quotient(high, kg[0])),
        "conversion": whole + _divided(low, high, *kg, "mg/kg", limits),
    }


def dose(row: Row, _limits: Sequence[Limit] = ()) -> Row:
    """An item of the total: ``35 mg/h x 60 min = 35 mg``."""
    low, high = _mg(row["mg_x3600_low"]), _mg(row["mg_x3600_high"])
    made = ""
    if row["mg_per_h_high"] is not None and row["ended_at"] is not None:
        made = f"{amount(row['mg_per_h_low'], row['mg_per_h_high'])} mg/h {TIMES} {minutes(row['started_at'], row['ended_at'])} min = "
    return row | {"mg_low": low, "mg_high": high, "conversion": f"{made}{amount(low, high)} mg"}


def window(row: Row, _limits: Sequence[Limit] = ()) -> Row:
    """A delivery of the hours in which the most was given, or the part of it inside: ``42 mg/h x 35 min = 24.5 mg``."""
    low, high = _mg(row["mg_x3600_low"]), _mg(row["mg_x3600_high"])
    made = ""
    if row["mg_per_h_high"] is not None and row["inside_to"] > row["inside_from"]:
        rate = amount(row["mg_per_h_low"], row["mg_per_h_high"])
        made = f"{rate} mg/h {TIMES} {minutes(row['inside_from'], row['inside_to'])} min = "
    return row | {"mg_low": low, "mg_high": high, "conversion": f"{made}{amount(low, high)} mg"}


def running(rows: Sequence[Row]) -> list[Row]:
    """The items of a total in the order in which they ended, with what those that had ended come to per kg."""
    low, high = Decimal(0), Decimal(0)
    found: list[Row] = []
    for row in sorted(rows, key=lambda row: (row["ended_at"] is None, row["ended_at"] or row["started_at"], row["started_at"])):
        low += row["mg_low"] or 0
        high = None if high is None or row["mg_high"] is None else high + row["mg_high"]
        found.append(
            row
            | {
                "running_mg_per_kg_low": quotient(low, row["weight_kg_high"]),
                "running_mg_per_kg_high": quotient(high, row["weight_kg_low"]),
            }
        )
    return found


def total(rows: Sequence[Row], limits: Sequence[Limit] = ()) -> str:
    """The session's total: ``bolus 20 mg + infusion 35 mg = 55 mg; / 70 kg = 0.786 mg/kg``."""
    parts: list[str] = []
    lowest, highest = Decimal(0), Decimal(0)
    for component in sorted({row["component"] for row in rows}):
        of = [row for row in rows if row["component"] == component]
        low = sum((row["mg_low"] or Decimal(0) for row in of), Decimal(0))
        high = None if any(row["mg_high"] is None for row in of) else sum((row["mg_high"] for row in of), Decimal(0))
        parts.append(f"{COMPONENTS.get(component, component)} {amount(low, high)} mg")
        lowest += low
        highest = None if high is None or highest is None else highest + high
    if not rows:
        return ""
    whole = parts[0] if len(parts) == 1 else f"{' + '.join(parts)} = {amount(lowest, highest)} mg"
    return whole + _divided(lowest, highest, rows[0]["weight_kg_low"], rows[0]["weight_kg_high"], "mg/kg", limits)


Chain = Callable[[Row, Sequence[Limit]], Row]
CHAINS: dict[str, Chain] = {"infusion": infusion, "rate": rate, "bolus": bolus, "dose": dose, "window": window}


def told(step: str, rows: Sequence[Row], limits: Sequence[Limit] = ()) -> list[Row]:
    """The rows of a step with their conversions, where the step has any."""
    chain = CHAINS.get(step)
    found = [chain(row, limits) for row in rows] if chain else list(rows)
    return running(found) if step == "dose" else found


def amount(low: Decimal | None, high: Decimal | None) -> str:
    """An amount, or the two ends of what it may be."""
    return _span(low, high, _number)


def minutes(start: datetime, end: datetime) -> str:
    """How long something lasted, in minutes."""
    return _number(Decimal(int((end - start).total_seconds() * 1000)) / 60000)


def _divided(
    low: Decimal | None, high: Decimal | None, kg_low: Decimal | None, kg_high: Decimal | None, unit: str, limits: Sequence[Limit]
) -> str:
    if kg_low is None or kg_high is None:
        return "; no usable weight"
    return f"; / {amount(kg_low, kg_high)} kg = {_per_kg(low, high, kg_low, kg_high, limits)} {unit}"


def _per_kg(low: Decimal | None, high: Decimal | None, kg_low: Decimal, kg_high: Decimal, limits: Sequence[Limit]) -> str:
    return _span(quotient(low, kg_high), quotient(high, kg_low), lambda value: _held(value, limits))


def meets(row: Row, limit: Limit) -> bool:
    """Whether a bolus meets its limit wherever its bounds are."""
    ends = quotient(row["mg_low"], row["weight_kg_high"]), quotient(row["mg_high"], row["weight_kg_low"])
    return all(end is not None and holds(end, *limit) for end in ends)


def quotient(mg: Decimal | None, kg: Decimal | None) -> Decimal | None:
    """An amount per kg, exact to forty digits."""
    if mg is None or not kg:
        return None
    with localcontext(prec=40):
        return mg / kg


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _mg(x3600: Decimal | None) -> Decimal | None:
    with localcontext(prec=40):
        return None if x3600 is None else x3600 / 3600


def _held(value: Decimal, limits: Sequence[Limit]) -> str:
    """Three decimals; more where the rounded number, held against a limit, would read as another verdict."""
    meets = [holds(value, *limit) for limit in limits]
    for decimals in range(_PER_KG_DECIMALS, 16):
        text = f"{value:.{decimals}f}"
        if [holds(Decimal(text), *limit) for limit in limits] == meets:
            return text
    return f"{value:.16f}"


def _span(low: Decimal | None, high: Decimal | None, words: Callable[[Decimal], str]) -> str:
    if high is None:
        return "?" if not low else f"at least {words(low)}"
    if low is None or high - low <= _SAME:
        return words(high)
    return f"{words(low)} to {words(high)}"


def _number(value: Decimal) -> str:
    return plain(Decimal(f"{value:.3f}"))


def _equals(charted: str, result: str) -> str:
    return result if charted == result else f"{charted} = {result}"
