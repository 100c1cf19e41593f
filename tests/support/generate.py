"""Seeded patients concentrated on exact limits: the same seed gives the same rows."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from .assessments import assess
from .chart import DAY, HOUR, MIN, Chart, Clock, Row, Seconds, decimal_text, utc
from .histories import add_drugs
from .oddities import LAST_ODDITIES, ODDITIES
from .series import make_series
from .structures import LAST_STRUCTURES, STRUCTURES, Structure, pca, pump_total
from .watching import watch

POUND = Fraction("0.45359237")
WEIGHTS = [Fraction(x) for x in ("70", "70", "60", "66.4", "69.9", "85.5", "47.3", "25", "300")] + [150 * POUND, 200 * POUND]
CLOCKS = [
    Clock("UTC", "utc"),
    Clock("UTC", "utc"),
    Clock("America/New_York", "offset"),
    Clock("America/New_York", "local"),
    Clock("UTC", "local"),
]
ALL_SEDATION = ["rass", "poss", "ramsay", "moaas", "aldrete_consciousness"]
COVERAGES: list[list[dict[str, Any]]] = [
    [],
    [],
    [{"table": "observation", "from": "2026-06-10T04:00:00Z"}],
    [{"table": "observation", "kinds": [*ALL_SEDATION, "psychomimetic", "cadss", "bprs", "kset", "weight"]}],
    [{"table": "observation", "departments": ["ward_a"]}],
    [
        {"table": "observation", "to": "2026-06-10T04:00:00Z"},
        {"table": "observation", "kinds": ALL_SEDATION, "from": "2026-06-10T04:00:00Z"},
    ],
]
BESIDE = ("medication", "intervention", "stock")
COVERAGES_BESIDE: list[list[dict[str, Any]]] = [
    [],
    [{"table": "medication", "from": "2025-02-10T15:00:00Z"}, {"table": "stock", "departments": ["ward_a"]}],
    [],
    [{"table": "intervention", "from": "2026-05-10T15:00:00Z"}, {"table": "medication", "departments": ["ward_a"]}],
    [],
    [{"table": "intervention", "kinds": ["oxygen", "airway"]}, {"table": "stock", "to": "2026-05-12T15:00:00Z"}],
    [{"table": "stock", "from": "2026-02-12T15:00:00Z"}],
]
ACTION_COVERAGES: list[list[dict[str, Any]]] = [
    [],
    [],
    [{"table": "intervention", "kinds": ["oxygen", "airway"]}, {"table": "intervention", "departments": ["ward_a"]}],
    [{"table": "intervention", "from": "2026-06-08T00:00:00Z", "to": "2026-06-15T13:00:00Z"}],
]
SETTINGS: list[dict[str, Any]] = [
    {},
    {
        "monitoring.phases": [
            {"until_min": 60, "interval_min": 15},
            {"until_min": 75, "interval_min": 20},
            {"until_min": 90, "interval_min": 25},
        ]
    },
    {"monitoring.respiratory": ["respiratory_rate", "spo2"], "monitoring.recovery_min": 45},
]


@dataclass
class Batch:
    """One extract: its tables, its manifest and the protocol settings that differ from the defaults."""

    tables: dict[str, list[Row]]
    manifest: dict[str, Any]
    settings: dict[str, Any]


def make_batch(seed: int, n: int, *, prefix: str = "P") -> Batch:
    """A batch of n patients with one or two sessions each."""
    rng = Random(seed)
    clock = CLOCKS[seed % len(CLOCKS)]
    manifest: dict[str, Any] = {"site": "generated", "timezone": clock.zone, "extracted_at": "2026-11-20T00:00:00Z"}
    coverage = (
        COVERAGES[seed % len(COVERAGES)] + COVERAGES_BESIDE[seed % len(COVERAGES_BESIDE)] + ACTION_COVERAGES[seed % len(ACTION_COVERAGES)]
    )
    if coverage:
        manifest["coverage"] = coverage
    tables: dict[str, list[Row]] = {
        name: [] for name in ("patient", "encounter", "medication_order", "administration", "observation", "procedure", *BESIDE)
    }
    for index in range(n // 4):
        for name, rows in make_series(Random(f"{seed}/series/{index}"), f"{prefix}S{index:03d}", clock).items():
            tables[name] += rows
    for index in range(n):
        for name, rows in make_patient(Random(f"{seed}/{index}"), f"{prefix}{index:04d}", clock).items():
            tables[name] += rows
    for rows in tables.values():
        rng.shuffle(rows)
    for table in BESIDE:
        if rng.random() < 0.05:
            del tables[table]  # neither supplied nor said to be covered
            manifest["coverage"] = [entry for entry in coverage if entry["table"] != table]
    return Batch(tables, manifest, SETTINGS[seed % len(SETTINGS)])


def make_patient(rng: Random, patient: str, clock: Clock) -> dict[str, list[Row]]:
    """The rows of one patient."""
    zero = utc(2026, 6, rng.randint(2, 18), 12) + timedelta(minutes=rng.randint(0, 120))
    chart = Chart(rng, patient, zero, clock, rng.choice(WEIGHTS))
    add_person(chart)
    if clock.style == "local" and clock.zone != "UTC" and rng.random() < 0.05:
        clocks_changed(chart)
        return chart.tables
    add_drugs(Chart(Random(f"{rng.random()}"), patient, zero, clock, chart.kg, chart.tables), 0)
    sessions = rng.choice([1, 1, 2])
    start = 0
    for number in range(sessions):
        last = number == sessions - 1
        shape, end = add_session(chart, start, last=last)
        chart.kg = chart.kg if rng.random() < 0.8 else rng.choice(WEIGHTS)
        # On to the edge of the session gap, or to the same time of the next day, to the second.
        next_day = [start + DAY - 1, start + DAY, start + DAY + 1, start + DAY + 30 * MIN]
        # When a total was delivered is not known, so no window of 24 hours may cut through one.
        next_day = [start + 3 * DAY] if shape in (pump_total, pca) else next_day
        start = max(end + 240 * MIN, rng.choice([end + 240 * MIN, end + 240 * MIN + 1, *next_day, start + 3 * DAY]))
    return chart.tables


def add_person(chart: Chart) -> None:
    """The patient row, now and then around the lower limit of age."""
    birth = chart.rng.choice(["1980-01-01"] * 12 + ["", "on", "after", "2026-01-01"])
    if birth in ("on", "after"):
        day = (chart.zero + timedelta(days=1 if birth == "after" else 0)).date()
        birth = day.replace(year=day.year - 18).isoformat()
    chart.add("patient", birth_date=birth, sex=chart.pick("female", "male"))
    add_height(chart)


def add_height(chart: Chart) -> None:
    """Heights around the first session, at the edges of what an ideal weight can use; drawn apart, so that all else stays as it is."""
    rng = Random(f"height of {chart.patient} from {chart.zero}")
    if rng.random() < 0.1:
        chart.tables["patient"][-1]["sex"] = rng.choice(["", "other", "unknown"])
    options = [
        ("177.8", "cm"),
        ("70", "in"),
        ("1.65", "m"),
        ("172.5", "cm"),
        ("60", "in"),
        ("59.9", "inch"),
        ("5.5", "ft"),
        ("170", "stone"),
    ]
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        value, unit = rng.choice(options)
        at = chart.at(rng.choice([-DAY, -DAY, 0, HOUR]))
        chart.add("observation", encounter_id="", kind="height", value=value, unit=unit, effective_at=at)


def weighted(chart: Chart, options: list[tuple[Structure, int]]) -> Structure:
    """One of the structures."""
    return chart.rng.choices([s for s, _ in options], [w for _, w in options])[0]


def add_session(chart: Chart, start: Seconds, *, last: bool) -> tuple[Structure, Seconds]:
    """Encounter, order, weight, context, doses and assessments of one session."""
    rng = chart.rng
    chart.encounter, chart.order, chart.line = chart.name("E"), chart.name("O"), chart.name("L")
    department = chart.pick("ward_a", "ward_a", "ward_b", "")
    chart.add(
        "encounter",
        encounter_id=chart.encounter,
        site_id="S1",
        department=department,
        started_at=chart.at(start - 2 * HOUR),
        ended_at=chart.at(start + 14 * HOUR),
    )
    context = chart.pick("chronic", "postsurgical")
    order = chart.add("medication_order", order_id=chart.order, encounter_id=chart.encounter, ordered_at=chart.at(start - HOUR))
    add_context(chart, order, context, start)
    add_weight(chart, order, start)
    options = ODDITIES if rng.random() < 0.25 else STRUCTURES
    if last and rng.random() < 0.15:
        options = LAST_ODDITIES if rng.random() < 0.2 else LAST_STRUCTURES
    shape = weighted(chart, options)
    end = shape(chart, start, context)
    assess(chart, start, min(end, start + 2 * HOUR))
    watch(chart, start, end)
    return shape, end


def add_context(chart: Chart, order: Row, context: str, start: Seconds) -> None:
    """The context on the order, or an operation just within or outside the window before the start."""
    how = chart.pick("order", "order", "order", "surgery", "conflict", "none")
    if how in ("order", "conflict"):
        order["context"] = context
    elif how == "surgery":
        before = chart.rng.choice([72 * HOUR, 72 * HOUR + 1, HOUR, -HOUR])
        chart.add("procedure", kind=chart.pick("surgery", "surgery", "other"), ended_at=chart.at(start - before))
    if how == "conflict" and chart.rng.random() < 0.5:
        other = "chronic" if context == "postsurgical" else "postsurgical"
        second = chart.name("O")
        chart.add("medication_order", **{**order, "order_id": second, "context": other})
        chart.give("bolus", start, order_id=second, line_id=chart.name("L"), dose="1", dose_unit="mg")


def charted_kg(chart: Chart, kg: Fraction) -> tuple[str, str]:
    """A weight in a unit in which it is exact."""
    unit = chart.pick("kg", "kg", "g", "lb", "oz")
    value = kg / {"kg": Fraction(1), "g": Fraction(1, 1000), "lb": POUND, "oz": POUND / 16}[unit]
    if (value * 10**9).denominator != 1:
        unit, value = "kg", kg
    return decimal_text(value), unit


def add_weight(chart: Chart, order: Row, start: Seconds) -> None:
    """The weight, from one of its sources, at the edge of the look-back or of the plausible range."""
    value, unit = charted_kg(chart, chart.kg)
    how = chart.pick(*["dosing"] * 6, "measured", "measured", "stated", "both", "pounds", "after", "none", "odd")
    if how in ("dosing", "both", "pounds", "odd"):
        order |= {"dosing_weight": value, "dosing_weight_unit": unit}
    if how == "odd":
        odd = chart.rng.choice([("70", ""), ("70", "stone"), ("24.999", "kg"), ("300.001", "kg"), ("abc", "kg")])
        order |= {"dosing_weight": odd[0], "dosing_weight_unit": odd[1]}
    if how in ("measured", "stated", "both"):
        back = chart.rng.choice([30 * DAY, 30 * DAY + 1, DAY, 0, HOUR])
        method = "stated" if how == "stated" else chart.pick("measured", "")
        where = chart.pick(chart.encounter, "")
        chart.observe("weight", value, start - back, unit=unit, method=method, encounter_id=where)
        if chart.rng.random() < 0.4:
            rival = decimal_text(chart.kg * Fraction("1.1"))
            chart.observe(
                "weight",
                rival,
                start - back - chart.rng.choice([HOUR, -HOUR, DAY]),
                unit="kg",
                method=chart.pick("stated", "measured"),
                encounter_id="",
            )
    if how == "pounds":
        factor = chart.rng.choice([Fraction("2.2046"), Fraction("2.27"), Fraction("2.28"), Fraction("0.4536")])
        chart.observe("weight", decimal_text(chart.kg * factor), start - DAY, unit="kg", method="measured")
    if how == "after":
        chart.observe("weight", value, start + chart.rng.choice([DAY, DAY + 1, HOUR]), unit=unit, method="measured")


def clocks_changed(chart: Chart) -> None:
    """An infusion across a change of the clocks, in local times that occur twice or that lie on either side of a skip."""
    chart.encounter, chart.order, chart.line = chart.name("E"), chart.name("O"), chart.name("L")
    spring = chart.rng.random() < 0.3
    day = "2026-03-08" if spring else "2026-11-01"
    start, stop = (
        ("01:30", "03:30") if spring else chart.rng.choice([("00:30", "01:30"), ("01:30", "03:00"), ("00:30", "02:00"), ("01:15", "01:45")])
    )
    chart.add("encounter", encounter_id=chart.encounter, department="ward_a", started_at=f"{day}T00:00:00", ended_at=f"{day}T12:00:00")
    chart.add(
        "medication_order",
        order_id=chart.order,
        encounter_id=chart.encounter,
        context="chronic",
        dosing_weight="70",
        dosing_weight_unit="kg",
    )
    cells = {"started_at": f"{day}T{start}:00", "stopped_at": f"{day}T{stop}:00", "rate": chart.pick("70", "35", "28"), "rate_unit": "mg/h"}
    if chart.rng.random() < 0.4:
        cells["recorded_at"] = f"{day}T05:40:00Z" if not spring else f"{day}T12:00:00Z"
    chart.give("infusion", 0, **cells)
