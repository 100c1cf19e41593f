"""Structures of one session: each charts doses from an instant on and returns the latest instant at which it may deliver."""

from collections.abc import Callable
from fractions import Fraction

from .chart import DAY, HOUR, MIN, Chart, Row, Seconds, decimal_text
from .doses import bolus_mg, concentration, dose_cells, near, rate_cells, rate_mg_h

Structure = Callable[[Chart, Seconds, str], Seconds]
SHORT = (4 * MIN + 59, 5 * MIN, 5 * MIN + 1, 14 * MIN + 59, 15 * MIN, 15 * MIN + 1)
LONG = (16 * MIN, 30 * MIN, 45 * MIN, HOUR, 2 * HOUR, HOUR + 1)
PAUSES = (10 * MIN, HOUR, HOUR + 1, 240 * MIN, 240 * MIN + 1)


def split_push(chart: Chart, start: Seconds, _context: str) -> Seconds:
    """A bolus in one to three pushes, just within or just outside the merge window of each other."""
    parts = chart.rng.randint(1, 3)
    mg, at, end = bolus_mg(chart) / parts, start, start
    for _ in range(parts):
        length = chart.rng.choice([0, 0, 0, 2 * MIN])
        end = at + length
        chart.give("bolus", at, end if length else None, **dose_cells(chart, mg))
        at = end + chart.rng.choice([4 * MIN + 59, 5 * MIN, 5 * MIN, 5 * MIN + 1, 30 * MIN])
    return end


def exact_total(chart: Chart, start: Seconds, _context: str) -> Seconds:
    """A bolus and an infusion that add up to the cap, or a millionth more or less."""
    minutes = chart.rng.choice([30, 60, 90, 120])
    cap, mg_h = near(chart, chart.kg), chart.kg * chart.rng.choice([Fraction("0.3"), Fraction("0.5")])
    rest = cap - mg_h * minutes / 60
    if rest > 0:
        chart.give("bolus", start, **dose_cells(chart, rest))
    chart.give("infusion", start, start + minutes * MIN, **rate_cells(chart, mg_h))
    return start + minutes * MIN


def chain(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Segments in a row: whole rows, changes with one stop, or verified ones; sometimes with a pause between them."""
    style = chart.pick("whole", "changes", "verified")
    lengths = [chart.rng.choice(SHORT + LONG)] + [chart.rng.choice(SHORT + LONG) for _ in range(chart.rng.randint(0, 2))]
    rates = [rate_mg_h(chart, context) for _ in lengths]
    if chart.rng.random() < 0.3:
        rates = [rates[0]] * len(rates)
    if chart.rng.random() < 0.3:
        chart.give("bolus", start, **dose_cells(chart, bolus_mg(chart)))
    at = start
    for index, (length, mg_h) in enumerate(zip(lengths, rates, strict=True)):
        event = "infusion" if index == 0 or style == "whole" else "rate_change"
        cells = rate_cells(chart, mg_h)
        chart.give(event, at, at + length if style == "whole" else None, **cells)
        if style == "verified":
            for verify in range(at + 10 * MIN, at + length, 15 * MIN):
                chart.give("rate_verify", verify, **cells)
        at += length
        last = index == len(lengths) - 1
        if not last and lengths[0] > 15 * MIN and chart.rng.random() < 0.3:
            at = pause(chart, at, style)
    if style != "whole":
        chart.give("stop", at)
    return at


def pause(chart: Chart, at: Seconds, style: str) -> Seconds:
    """An interruption charted as a pause, a rate of zero, or nothing."""
    length = chart.rng.choice(PAUSES)
    if style != "whole":
        chart.give("pause", at) if chart.rng.random() < 0.5 else chart.give("rate_change", at, rate="0", rate_unit=chart.pick("mg/h", ""))
    elif chart.rng.random() < 0.5:
        chart.give("infusion", at, at + length, rate="0", rate_unit="mg/h")
    return at + length


def missing_stop(chart: Chart, start: Seconds, context: str) -> Seconds:
    """An infusion without a stop: proven by verifications, bounded by discharge, by the bag, or by nothing."""
    at = start
    if chart.rng.random() < 0.4:
        chart.give("infusion", at, at + 30 * MIN, **rate_cells(chart, rate_mg_h(chart, context)))
        at += 30 * MIN
    mg_h = rate_mg_h(chart, context)
    cells = rate_cells(chart, mg_h, chart.pick("mg/h", "mL/h", "mg/min"))
    bound = chart.pick("discharge", "discharge", "bag", "both", "nothing")
    hours = chart.rng.choice([Fraction(1), Fraction(2), Fraction(7, 3)])
    chart.tables["encounter"][-1].pop("ended_at", None)
    if bound in ("discharge", "both"):
        chart.tables["encounter"][-1]["ended_at"] = chart.at(at + chart.rng.choice([HOUR, 2 * HOUR, 3 * HOUR]))
    if bound in ("bag", "both"):
        if not cells.get("concentration"):
            mg_ml, more = concentration(chart)
            cells = {**cells, **more, "volume_ml": decimal_text(mg_h * hours / mg_ml)}
        else:
            factor = 60 if cells["rate_unit"].lower().replace(" ", "").endswith(("min", "minute")) else 1
            cells = {**cells, "volume_ml": decimal_text(Fraction(cells["rate"]) * factor * hours)}
    chart.give("infusion", at, **cells)
    proofs = chart.rng.randint(0, 3)
    for index in range(proofs):
        chart.give("rate_verify", at + (index + 1) * 15 * MIN, rate=cells["rate"], rate_unit=cells["rate_unit"])
    return at + 400 * DAY


def other_encounter(chart: Chart, start: Seconds, context: str) -> Seconds:
    """An infusion without a stop whose line goes on in another encounter."""
    chart.give("infusion", start, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    first = chart.tables["encounter"][-1]
    first["ended_at"] = chart.at(start + chart.rng.choice([HOUR, 2 * HOUR]))
    if chart.rng.random() < 0.3:
        first.pop("ended_at")
    chart.encounter = chart.name("E")
    chart.add(
        "encounter",
        encounter_id=chart.encounter,
        department=first.get("department", ""),
        started_at=chart.at(start),
        ended_at=chart.at(start + DAY),
    )
    later = start + 3 * HOUR
    chart.give("infusion", later, later + HOUR, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    return later + HOUR


def two_lines(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Two lines that run together for a while; their rates add."""
    mg_h = rate_mg_h(chart, context) / 2
    length, offset = chart.rng.choice([HOUR, 2 * HOUR]), chart.rng.choice([16 * MIN, 20 * MIN, HOUR])
    chart.give("infusion", start, start + length, **rate_cells(chart, mg_h))
    first, chart.line = chart.line, chart.name("L")
    other = chart.rng.choice([4 * MIN + 59, 5 * MIN, 30 * MIN, 2 * HOUR])
    chart.give("infusion", start + offset, start + offset + other, **rate_cells(chart, mg_h))
    chart.line = first
    return start + max(length, offset + other)


def superseded(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A later row of the same line replaces an earlier one, also when it ends first."""
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context)))
    begin = start + chart.rng.choice([16 * MIN, 30 * MIN, 59 * MIN])
    end = begin + chart.rng.choice([10 * MIN, HOUR])
    chart.give("infusion", begin, end, **rate_cells(chart, rate_mg_h(chart, context)))
    return max(end, start + HOUR)


def unknown_lines(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Infusions without a line that overlap or touch: one may have replaced the other, or both ran."""
    line, chart.line = chart.line, ""
    order = chart.order
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    if chart.rng.random() < 0.6:
        same_order(chart)
    begin = start + chart.rng.choice([20 * MIN, 30 * MIN, HOUR])
    end = begin + chart.rng.choice([20 * MIN, HOUR])
    chart.give("infusion", begin, end, **rate_cells(chart, rate_mg_h(chart, context), "mg/h"))
    chart.line, chart.order = line, order
    return max(end, start + HOUR)


def same_order(chart: Chart) -> None:
    """A second order with the same weight and context as the first."""
    first = chart.tables["medication_order"][-1]
    chart.order = chart.name("O")
    chart.add("medication_order", **{**first, "order_id": chart.order})


def pump_total(chart: Chart, start: Seconds, context: str) -> Seconds:
    """An infusion whose line has the pump's cumulative readings."""
    mg_ml, cells = concentration(chart)
    mg_h = rate_mg_h(chart, context)
    rate = {**cells, "rate": decimal_text(mg_h / mg_ml), "rate_unit": "mL/h"}
    hourly = Fraction(rate["rate"]) * mg_ml

    def read(at: Seconds, mg: Fraction) -> None:
        volume = {"volume_ml": decimal_text(mg / mg_ml), **cells}
        chart.give(
            "infused_total", at, source="pump", **(volume if chart.rng.random() < 0.5 else {"dose": decimal_text(mg), "dose_unit": "mg"})
        )

    shape = chart.pick("open", "open", "closed", "middle", "two", "cleared")
    if shape == "open":
        chart.give("infusion", start, source="pump", **rate)
        reading = start + chart.rng.choice([HOUR, 75 * MIN])
        read(reading, near(chart, hourly if chart.rng.random() < 0.5 else chart.kg))
        return reading
    pushed = Fraction(0)
    if chart.rng.random() < 0.5:
        pushed = bolus_mg(chart)
        chart.give("bolus", start, source="pump", **dose_cells(chart, pushed, plain=True))
    length = 2 * HOUR
    chart.give("infusion", start, start + length, source="pump", **rate)
    if shape == "closed":
        read(start + length, near(chart, chart.kg) if chart.rng.random() < 0.5 else pushed + hourly * 2)
    elif shape == "middle":
        read(start + HOUR, pushed + hourly * chart.rng.choice([Fraction(1), Fraction("0.8")]))
    elif shape == "two":
        read(start + HOUR, pushed + hourly)
        read(start + length + 5 * MIN, pushed + hourly * chart.rng.choice([Fraction(2), Fraction("2.3")]))
    else:
        read(start + HOUR, pushed + hourly)
        read(start + length, hourly * Fraction("0.5"))
    return start + length


def pca(chart: Chart, start: Seconds, context: str) -> Seconds:
    """Demands and totals of a PCA pump around the limits of a demand, with or without a background infusion."""
    doses = ["1", "0.999999", "5", "5.000001", "5.1", "5.100001", "2", "1.5"]
    first, background = start, chart.rng.random() < 0.5
    if background:
        line, chart.line = chart.line, chart.name("L")
        chart.give("infusion", start, start + 2 * HOUR, source="pump", **rate_cells(chart, rate_mg_h(chart, context)))
        first, chart.line = start + 10 * MIN, line
    shape = chart.pick("demands", "demands", "total", "both")
    if shape in ("total", "both"):
        count, dose = chart.rng.randint(0, 8), chart.pick(*doses)
        mg = Fraction(dose) * count
        cells: Row = {"dose": dose, "dose_unit": "mg", "delivered_count": str(count)}
        for missing in chart.rng.choice([(), (), (), ("dose", "dose_unit"), ("delivered_count",)]):
            cells.pop(missing)
        if "dose" not in cells or "delivered_count" not in cells or chart.rng.random() < 0.6:
            mg = mg if chart.rng.random() < 0.7 else mg + 3
            cells |= {"total_dose": decimal_text(mg), "total_dose_unit": "mg"}
        chart.give("pca_total", first, first + HOUR, source="pump", **cells)
        if mg == 0:
            chart.give("pca_demand", first + 5 * MIN, source="pump", dose="2", dose_unit="mg", delivered_count="1")
    if shape in ("demands", "both"):
        for index in range(chart.rng.randint(1, 4)):
            count = chart.pick("1", "1", "1", "0", "", "2") if index or background else "1"
            at = first + 6 * MIN + index * chart.rng.choice([6, 11]) * MIN
            chart.give("pca_demand", at, source="pump", dose=chart.pick(*doses), dose_unit="mg", delivered_count=count)
    return start + 2 * HOUR


def charted_twice(chart: Chart, start: Seconds, context: str) -> Seconds:
    """The pump and the MAR both charted the session, with pushes just within or outside 2 minutes of each other."""
    mg, mg_h = bolus_mg(chart), rate_mg_h(chart, context)
    chart.give("bolus", start, **dose_cells(chart, mg, plain=True))
    other = mg if chart.rng.random() < 0.7 else mg / 2
    chart.give("bolus", start + chart.rng.choice([0, 119, 120, 121]), source="pump", **dose_cells(chart, other, plain=True))
    if chart.rng.random() < 0.7:
        chart.give("infusion", start + 5 * MIN, start + 65 * MIN, **rate_cells(chart, mg_h, "mg/h"))
    end = start + 5 * MIN + chart.rng.choice([50 * MIN, HOUR])
    chart.give("infusion", start + 5 * MIN, end, source="pump", **rate_cells(chart, mg_h, "mg/h"))
    return start + 65 * MIN


def log_without_orders(chart: Chart, start: Seconds, context: str) -> Seconds:
    """The pump's log, or the record beside it, names no order, perhaps no encounter either; with two orders it may repeat either."""
    mg_h, mg = rate_mg_h(chart, context), bolus_mg(chart)
    nameless = {"order_id": "", "line_id": chart.name("L")} | chart.rng.choice([{}, {"encounter_id": ""}])
    on_pump, on_record = chart.rng.choice([(nameless, {}), ({}, nameless)])
    chart.give("infusion", start, start + HOUR, **rate_cells(chart, mg_h, "mg/h"), **on_record)
    if chart.rng.random() < 0.3:
        other = {"order_id": chart.name("O"), "line_id": chart.name("L")}
        chart.give("infusion", start + 5 * MIN, start + 50 * MIN, **rate_cells(chart, mg_h, "mg/h"), **other)
    if chart.rng.random() < 0.3:
        later = start + HOUR + chart.rng.choice([0, 1, 30 * MIN, 4 * HOUR, 4 * HOUR + 1])
        chart.give("infusion", later, chart.rng.choice([None, later + 20 * MIN]), **rate_cells(chart, mg_h, "mg/h"), **on_record)
    chart.give("infusion", start, start + chart.rng.choice([50 * MIN, HOUR]), source="pump", **rate_cells(chart, mg_h, "mg/h"), **on_pump)
    if chart.rng.random() < 0.5:
        chart.give("bolus", start, **dose_cells(chart, mg, plain=True), **on_record)
        chart.give("bolus", start + chart.rng.choice([0, 120, 121]), source="pump", **dose_cells(chart, mg, plain=True), **on_pump)
    return start + HOUR


def verified_otherwise(chart: Chart, start: Seconds, context: str) -> Seconds:
    """A verification that shows another rate than the one set."""
    chart.give("infusion", start, **rate_cells(chart, rate_mg_h(chart, context)))
    chart.give("rate_verify", start + 20 * MIN, **rate_cells(chart, rate_mg_h(chart, context)))
    chart.give("stop", start + HOUR)
    return start + HOUR


STRUCTURES: list[tuple[Structure, int]] = [
    (split_push, 3),
    (exact_total, 3),
    (chain, 6),
    (two_lines, 2),
    (superseded, 1),
    (unknown_lines, 2),
    (pump_total, 3),
    (pca, 3),
    (charted_twice, 2),
    (log_without_orders, 1),
    (verified_otherwise, 1),
]
LAST_STRUCTURES: list[tuple[Structure, int]] = [(missing_stop, 3), (other_encounter, 1)]
