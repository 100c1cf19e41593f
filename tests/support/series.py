"""Patients with series of sessions, around the gap that ends a series and the length that needs a review."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from random import Random

from .chart import DAY, HOUR, MIN, Chart, Clock, Row, Seconds, decimal_text, utc
from .histories import add_drugs, add_reviews, add_scores, add_stock

GAP = 90 * DAY
STEPS = [GAP, GAP, GAP + 1, GAP - 1, 45 * DAY, 45 * DAY + 1, 30 * DAY, 3 * DAY, DAY, 6 * HOUR]
LENGTHS = [2 * HOUR, 2 * HOUR + 1, 2 * HOUR - 1, HOUR, 3 * HOUR]


def make_series(rng: Random, patient: str, clock: Clock) -> dict[str, list[Row]]:
    """The rows of one patient who comes two to four times."""
    chart = Chart(rng, patient, utc(2026, 2, rng.randint(2, 18), 14) + timedelta(minutes=rng.randint(0, 60)), clock, Fraction(70))
    chart.add("patient", birth_date=rng.choice(["1980-01-01"] * 9 + ["2015-01-01"]), sex="female")
    start = 0
    for number in range(rng.choice([1, 2, 3, 3, 4])):
        if number == 0 or rng.random() < 0.3:
            add_drugs(chart, start)
        end, mg = add_visit(chart, start)
        add_reviews(chart, start)
        add_scores(chart, start, end)
        add_stock(chart, start, end, mg)
        start += rng.choice(STEPS)
        if start > 240 * DAY:  # every follow-up lies before the extraction
            break
    return chart.tables


def add_visit(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """One session of a simple shape around the floors; its end and its mg."""
    chart.encounter, chart.order, chart.line = chart.name("E"), chart.name("O"), chart.name("L")
    department = chart.pick("ward_a", "ward_a", "ward_b", "")
    times = {"started_at": chart.at(start - HOUR), "ended_at": chart.at(start + 5 * HOUR)}
    chart.add("encounter", encounter_id=chart.encounter, department=department, **times)
    context = chart.pick(*["chronic"] * 8, "postsurgical", "")
    chart.add(
        "medication_order", order_id=chart.order, encounter_id=chart.encounter, context=context, dosing_weight="70", dosing_weight_unit="kg"
    )
    shape: Callable[[Chart, Seconds], tuple[Seconds, Fraction]] = chart.rng.choice(
        [infusion, infusion, infusion, with_push, open_ended, unit_missing, perhaps, lost, oral, contradictory_context]
    )
    return shape(chart, start)


def infusion(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """One infusion of about two hours and about 80 mg."""
    length = chart.rng.choice(LENGTHS)
    rate = chart.rng.choice([Fraction(40), Fraction(40), Fraction(80), Fraction("39.9"), Fraction(35)])
    chart.give("infusion", start, start + length, rate=decimal_text(rate), rate_unit="mg/h")
    return start + length, rate * length / HOUR


def with_push(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """A push before the infusion."""
    chart.give("bolus", start, dose="20", dose_unit="mg")
    end, mg = infusion(chart, start + 10 * MIN)
    return end, mg + 20


def open_ended(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """An infusion without a stop, proven to have run for some time."""
    chart.give(
        "infusion", start, rate="40", rate_unit="mg/h", volume_ml=chart.pick("", "60"), concentration="2", concentration_unit="mg/mL"
    )
    proven = chart.rng.choice([HOUR, 2 * HOUR, 2 * HOUR + 1])  # the bag lasts three hours
    chart.give("rate_verify", start + proven, rate="40", rate_unit="mg/h")
    if chart.rng.random() < 0.3:
        chart.tables["encounter"][-1].pop("ended_at")
    return start + proven, Fraction(40 * proven, HOUR)


def unit_missing(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """A push without a unit beside an infusion that may reach the floor alone."""
    chart.give("bolus", start, dose="20")
    return infusion(chart, start)


def perhaps(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """A later part that may not have been given."""
    end, mg = infusion(chart, start)
    chart.give("infusion", end + HOUR, end + 2 * HOUR, rate="40", rate_unit="mg/h", status="maybe")
    return end, mg


def lost(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """A row that was kept out."""
    chart.give("bolus", start + HOUR, dose="20", dose_unit="mg")["event"] = "blous"
    return infusion(chart, start)


def oral(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """The drug by mouth beside the infusion."""
    chart.give("bolus", start + HOUR, route="po", dose="20", dose_unit="mg")
    return infusion(chart, start)


def contradictory_context(chart: Chart, start: Seconds) -> tuple[Seconds, Fraction]:
    """Two orders that do not agree about the context."""
    other = chart.name("O")
    chart.add(
        "medication_order", order_id=other, context=chart.pick("chronic", "postsurgical"), dosing_weight="70", dosing_weight_unit="kg"
    )
    chart.give("bolus", start, order_id=other, line_id=chart.name("L"), dose="1", dose_unit="mg")
    end, mg = infusion(chart, start)
    return end, mg + 1
