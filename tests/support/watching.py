"""Recovery, discharge, abnormal values and what was done about them, just within and just outside every limit of time."""

from random import Random

from .chart import HOUR, MIN, Chart, Row, Seconds

SEDATION = (
    ("rass", "-3"), ("rass", "-2"), ("rass", "-4"), ("rass", "-6"), ("poss", "3"), ("poss", "2"), ("poss", "4"), ("poss", "S"),
    ("ramsay", "5"), ("ramsay", "4"), ("moaas", "2"), ("moaas", "3"), ("aldrete_consciousness", "0"), ("aldrete_consciousness", "1"),
)  # fmt: skip
BREATH = (
    ("spo2", "89.9", "%"), ("spo2", "90", "%"), ("spo2", "88", ""), ("spo2", "45", "%"), ("spo2", "29", "%"), ("spo2", "85", "mmHg"),
    ("respiratory_rate", "7.9", "/min"), ("respiratory_rate", "8", "/min"), ("respiratory_rate", "6", ""),
    ("respiratory_rate", "6", "breaths / minute"), ("etco2", "60", "mmHg"), ("etco2", "60.1", "mmHg"), ("etco2", "8.5", "Torr"),
    ("etco2", "8", "kPa"), ("etco2", "7.99", "kPa"), ("etco2", "9", ""), ("etco2", "61", ""), ("etco2", "40", ""),
)  # fmt: skip
NORMAL = {
    "rass": "0", "poss": "1", "ramsay": "2", "moaas": "5", "aldrete_consciousness": "2",
    "spo2": "95", "respiratory_rate": "12", "etco2": "38",
}  # fmt: skip
UNITS = {"spo2": "%", "respiratory_rate": "/min", "etco2": "mmHg"}
ACTIONS = ("oxygen", "airway", "rescue_drug", "escalation", "response_review")
TEN = (0, 6 * MIN, 10 * MIN - 1, 10 * MIN, 10 * MIN + 1, 14 * MIN)
FIVE = (1, 5 * MIN - 1, 5 * MIN, 5 * MIN + 1)
STEPS = (10 * MIN, 15 * MIN, 15 * MIN, 20 * MIN - 1, 20 * MIN, 20 * MIN, 20 * MIN + 1, 25 * MIN)


def watch(chart: Chart, start: Seconds, end: Seconds) -> None:
    """What happens around and after a session; dice of its own leave the doses as they are."""
    rng = Random(f"{chart.patient}/{start}/watch")
    end = min(end, start + 4 * HOUR)
    baseline(rng, chart, start)
    recover(rng, chart, end)
    discharge(rng, chart, end)
    for values in (SEDATION, BREATH):
        while rng.random() < 0.3:
            abnormal(rng, chart, start, end, values)


def baseline(rng: Random, chart: Chart, start: Seconds) -> None:
    """The last assessments before the start, about the edge of the baseline and of a day."""
    for kind in (rng.choice(("rass", "poss")), "spo2", "respiratory_rate"):
        if rng.random() < 0.6:
            before = rng.choice((0, 10 * MIN, 30 * MIN - 1, 30 * MIN, 30 * MIN + 1, 2 * HOUR, 24 * HOUR, 24 * HOUR + 1))
            chart.observe(kind, NORMAL[kind], start - before, unit=UNITS.get(kind, ""))


def recover(rng: Random, chart: Chart, end: Seconds) -> None:
    """Assessments after the end."""
    for kind in (rng.choice(("rass", "moaas")), "spo2", "respiratory_rate"):
        at = end + rng.choice((0, *STEPS))
        while rng.random() < 0.85 and at < end + HOUR:
            chart.observe(kind, NORMAL[kind], at, unit=UNITS.get(kind, ""))
            at += rng.choice(STEPS)


def discharge(rng: Random, chart: Chart, end: Seconds) -> None:
    """The end of the encounter about the end of recovery; now and then a transfer."""
    stay = chart.tables["encounter"][-1]
    if "ended_at" not in stay or rng.random() < 0.5:
        return
    after = rng.choice((-1, 0, 10 * MIN, 30 * MIN - 1, 30 * MIN, 30 * MIN + 1, 2 * HOUR, None))
    if after is None:
        del stay["ended_at"]
        return
    stay["ended_at"] = chart.at(end + after)
    if rng.random() < 0.1:
        cells: Row = {**stay, "encounter_id": chart.name("E"), "started_at": chart.at(end + after), "ended_at": chart.at(end + 5 * HOUR)}
        chart.tables["encounter"].insert(-1, cells)


def abnormal(rng: Random, chart: Chart, start: Seconds, end: Seconds, values: tuple[tuple[str, ...], ...]) -> None:
    """One to three values, an answer or none."""
    moments = [m for m in chart.moments if start <= m <= end] or [end]
    anchor = rng.choice((*moments, *moments, start, end, end + 30 * MIN))
    at = first = anchor - rng.choice((*TEN, 1, -1, 0, 30 * MIN))
    kind, value, *unit = rng.choice(values)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        cells: Row = {"unit": unit[0] if unit else ""}
        if rng.random() < 0.02:
            cells |= {"effective_at": rng.choice(("soon", ""))}
        chart.observe(kind, value, at, **cells)
        if rng.random() < 0.3:
            chart.observe(kind, NORMAL[kind], at + rng.choice(FIVE), unit=UNITS.get(kind, "") if rng.random() < 0.9 else "furlong")
        at += rng.choice((2 * MIN, 10 * MIN, 10 * MIN + 1))
        if rng.random() < 0.3:
            kind, value, *unit = rng.choice(values)
    if rng.random() < 0.45:
        text = chart.at(first + rng.choice(TEN)) if rng.random() < 0.97 else "later"
        chart.add("intervention", kind=rng.choice(ACTIONS) if rng.random() < 0.97 else "prayer", performed_at=text)
