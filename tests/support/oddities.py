"""Structures with something unreadable, contradictory or out of scope in them."""

from .chart import DAY, HOUR, MIN, Chart, Seconds
from .doses import bolus_mg, dose_cells, rate_cells, rate_mg_h
from .structures import Structure


def unknown_unit(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A dose or a rate in a unit that nobody knows, beside a known one that may decide alone."""
    unit = chart.pick("", "u", "mg/kg", "mcg", "units/h", "mg/day", "g/h")
    at = start + 20 * MIN
    chart.give("infusion", start, at, **rate_cells(chart, rate_mg_h(chart, context)))
    if chart.rng.random() < 0.5:
        chart.give("infusion", at, start + HOUR, rate="20", rate_unit=unit)
    else:
        chart.give("bolus", at, dose=chart.pick("20", "abc", "NaN", "-5", "5,0"), dose_unit=chart.pick("", "U", "mg/h", "mg"))
    return start + HOUR


def no_concentration(chart: Chart, start: Seconds, _context: str) -> Seconds:
    """A rate in mL/h whose concentration comes from the line or the order, contradicts it, or is nowhere."""
    order = chart.tables["medication_order"][-1]
    given = chart.pick("nowhere", "order", "line", "conflict", "equal", "impossible")
    value = chart.pick("1", "2")
    if given in ("order", "conflict", "equal"):
        order |= {"concentration": value, "concentration_unit": "mg/mL"}
    cells: dict[str, str] = {}
    if given in ("line", "conflict", "equal"):
        other = value if given == "equal" else "2" if value == "1" else "1"
        cells = {"concentration": other, "concentration_unit": "mg/mL"}
    if given == "impossible":
        cells = {"concentration": chart.pick("0", "0.099", "100.1"), "concentration_unit": "mg/mL"}
    ml_h = chart.pick("35", "30", "70", "4.2")
    chart.give("infusion", start, start + 30 * MIN, rate=ml_h, rate_unit="mL/h", **cells)
    chart.give("infusion", start + 30 * MIN, start + HOUR, rate=ml_h, rate_unit=chart.pick("mL/h", "mL/h", "mg/h"))
    return start + HOUR


def no_pump_weight(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A rate per kg without a pump weight: the order's weight stands in, else it is judged as charted."""
    if chart.rng.random() < 0.6:
        for name in ("dosing_weight", "dosing_weight_unit"):
            chart.tables["medication_order"][-1].pop(name, None)
    if chart.rng.random() < 0.5:
        chart.observe("weight", "70", start - DAY, unit="kg", method="measured")
    rate, unit = chart.pick("0.5", "1", "1.02", "0.6"), "mg/kg/h"
    if context == "postsurgical":
        rate, unit = chart.pick("1", "2", "2.04", "2.05", "1.5"), "mcg/kg/min"
    chart.give("infusion", start, start + HOUR, rate=rate, rate_unit=chart.spelled(unit))
    if chart.rng.random() < 0.3:
        chart.give("bolus", start, dose=chart.pick("0.3", "0.35"), dose_unit="mg/kg")
    return start + HOUR


def stop_before_start(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A stop that lies before its start: the amount is unknown."""
    if chart.rng.random() < 0.5:
        chart.give("bolus", start, **dose_cells(chart, bolus_mg(chart)))
    chart.give("infusion", start, start - 10 * MIN, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    return start + 400 * DAY


def simultaneous(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Two rows that set the rate of one line at one instant."""
    for _ in range(2):
        chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    return start + HOUR


def zero_length(chart: Chart, start: Seconds, context: str) -> Seconds:
    """An infusion row that starts and stops at one instant with a dose is a push."""
    chart.give("infusion", start, start, **dose_cells(chart, bolus_mg(chart), plain=True))
    chart.give("infusion", start + 10 * MIN, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context)))
    return start + HOUR


def lost_row(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A dose row that is kept out because its time, event or identity cannot be read, beside rows that can."""
    chart.give("bolus", start, **dose_cells(chart, bolus_mg(chart)))
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context)))
    lost = chart.give(chart.pick("bolus", "infusion", "pca_demand", "stop"), start + 30 * MIN, dose="5", dose_unit="mg")
    damage = chart.pick("time", "time", "event", "day", "far", "scope")
    if damage == "event":
        lost["event"] = "blous"
    elif damage == "far":
        lost["started_at"] = "2026-01-01T25:00:00Z"
    elif damage == "day":
        lost["started_at"] = lost["started_at"][:10] + "T10:61:00Z"
    else:
        lost["started_at"] = "yesterday"
    if damage == "scope":
        lost |= {"route": chart.pick("po", "iv"), "status": "refused"}
    return start + HOUR


def perhaps_given(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A push whose route or status cannot be read: between nothing and its dose."""
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context)))
    chart.give("bolus", start, **dose_cells(chart, bolus_mg(chart)), **{chart.pick("route", "status"): "unclear"})
    if chart.rng.random() < 0.5:
        chart.give("bolus", start + 30 * MIN, **dose_cells(chart, bolus_mg(chart)))
    return start + HOUR


def out_of_scope(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Rows that are no dose of the product by vein, beside one that is."""
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context)))
    dose = dose_cells(chart, bolus_mg(chart), plain=True)
    for _ in range(3):
        cells = {"status": chart.pick("held", "refused", "not_given", "entered_in_error")}
        cells = chart.rng.choice([cells, {"product": "esketamine"}, {"route": chart.pick("po", "im", "sc", "in", "epidural")}])
        chart.give("bolus", start + 2 * MIN, **{**dose, **cells})
    chart.give("prime", start - 10 * MIN, **dose)
    if chart.rng.random() < 0.5:
        chart.give("bolus", start + 20 * MIN, **{**dose, "status": chart.pick("in_progress", "stopped", "Completed", "")})
    return start + HOUR


ODDITIES: list[tuple[Structure, int]] = [
    (unknown_unit, 2),
    (no_concentration, 3),
    (no_pump_weight, 2),
    (simultaneous, 1),
    (zero_length, 1),
    (lost_row, 2),
    (perhaps_given, 1),
    (out_of_scope, 2),
]
LAST_ODDITIES: list[tuple[Structure, int]] = [(stop_before_start, 1)]
