"""What is charted beside the doses, at the exact limits of the rules on selection, outcome and stock."""

from fractions import Fraction

from .chart import DAY, HOUR, MIN, Chart, Row, Seconds, decimal_text

CLASSES = ("nsaid", "opioid", "gabapentinoid", "snri", "tricyclic", "other")
LOOKBACK, LEAST = 365 * DAY, 14 * DAY


def add_drugs(chart: Chart, index: Seconds) -> None:
    """The drug history before a session: mostly two good classes, and some rows at an edge or with a blank."""
    for drug_class in chart.rng.sample(CLASSES[:5], chart.rng.choice([0, 1, 1, 2])):
        drug(chart, index - 200 * DAY, drug_class=drug_class, days_supply="60")
    for _ in range(chart.rng.choice([0, 1, 1, 1, 2])):
        build = chart.rng.choice([started_at_the_edge, ended_at_the_edge, refilled, failed, on_a_form, with_a_blank, unreadable])
        build(chart, index, chart.pick(*CLASSES))


def drug(chart: Chart, start: Seconds | None, end: Seconds | None = None, /, **cells: str) -> Row:
    """One medication row."""
    times = {name: chart.at(at) for name, at in (("started_at", start), ("ended_at", end)) if at is not None}
    return chart.add("medication", **{"drug": chart.name("D"), "origin": chart.pick("record", "record", ""), **times, **cells})


def started_at_the_edge(chart: Chart, index: Seconds, drug_class: str) -> None:
    """Begun 14 days before, to the second; a supply of 14 days, or a moment less."""
    start = index - chart.rng.choice([LEAST, LEAST + 1, LEAST - 1, 20 * DAY, -DAY])
    end = chart.rng.choice([None, None, start + LEAST, start + LEAST - 1, start + 5 * DAY, index + DAY])
    drug(chart, start, end, drug_class=drug_class, days_supply=chart.pick("14", "14", "30", "13.999999999", "13"))


def ended_at_the_edge(chart: Chart, index: Seconds, drug_class: str) -> None:
    """Ended 365 days before, to the second, or perhaps, for the end is blank."""
    end = index - LOOKBACK + chart.rng.choice([0, 1, -1])
    charted = chart.rng.random() < 0.6
    days = chart.rng.choice([15, 35, 90])
    drug(chart, end - days * DAY, end if charted else None, drug_class=drug_class, days_supply=str(days))


def refilled(chart: Chart, index: Seconds, drug_class: str) -> None:
    """Two supplies of a week, one after the other, apart, or at the same time."""
    start = index - chart.rng.choice([14, 40, 100]) * DAY
    for begin in (start, start + chart.rng.choice([7 * DAY, 7 * DAY - 1, 0, 20 * DAY])):
        drug(chart, begin, drug_class=drug_class, days_supply="7")


def failed(chart: Chart, index: Seconds, drug_class: str) -> None:
    """A failure before the session, after it, or at an unknown time."""
    end = chart.rng.choice([index, index + 1, index - 900 * DAY, None])
    start = chart.rng.choice([None, (index if end is None else end) - 5 * DAY])
    drug(
        chart,
        start,
        end,
        drug_class=drug_class,
        days_supply=chart.pick("5", "", "4"),
        outcome=chart.pick("failed", "not_tolerated", "effective"),
    )


def on_a_form(chart: Chart, index: Seconds, drug_class: str) -> None:
    """An entry of a form, with or without a date."""
    start = chart.rng.choice([None, None, index - LEAST, index - LEAST + 1, index - 900 * DAY, index + 1])
    drug(chart, start, drug_class=drug_class, origin="form", outcome=chart.pick("", "", "contraindicated", "effective", "unsure"))


def with_a_blank(chart: Chart, index: Seconds, drug_class: str) -> None:
    """A good row without one of its cells."""
    row = drug(chart, index - 100 * DAY, index - 40 * DAY, drug_class=drug_class, days_supply=chart.pick("60", "60", "10"))
    row.pop(chart.pick("started_at", "days_supply", "ended_at"))


def unreadable(chart: Chart, index: Seconds, drug_class: str) -> None:
    """A row with a cell that breaks the contract, or with an end before its start."""
    name, text = chart.rng.choice(
        [
            ("drug_class", "painkiller"),
            ("started_at", "long ago"),
            ("days_supply", "about 30"),
            ("outcome", "meh"),
            ("origin", "paper"),
            ("ended_at", chart.at(index - 300 * DAY)),
        ]
    )
    drug(chart, index - 100 * DAY, drug_class=drug_class, days_supply="30")[name] = text


def add_reviews(chart: Chart, start: Seconds) -> None:
    """A review of the response around the time in which it counts, another act, or one that cannot be read."""
    at = chart.rng.choice([None, None, start, start + 1, start - 30 * DAY, start - 30 * DAY - 1, start - DAY])
    if at is not None:
        row = chart.add(
            "intervention", kind=chart.pick("response_review", "response_review", "response_review", "oxygen"), performed_at=chart.at(at)
        )
        if chart.rng.random() < 0.06:
            row[chart.pick("kind", "performed_at")] = chart.pick("", "later")


def add_scores(chart: Chart, start: Seconds, end: Seconds) -> None:
    """Pain scores at the edges of the baseline and of the follow-up."""
    for at in chart.rng.choices([start, start - DAY, start - DAY - 1, start - HOUR, start - MIN], k=chart.rng.choice([0, 1, 1, 2])):
        chart.observe("pain_nrs", chart.pick("7", "7", "5.5", "0", "10", "11", "7.25"), at, unit=chart.pick("", "", "NRS", "/100"))
    follow_up = [end + 2 * DAY, end + 2 * DAY - 1, end + 14 * DAY, end + 14 * DAY + 1, end + 7 * DAY]
    for at in chart.rng.choices(follow_up, k=chart.rng.choice([0, 1, 1, 2])):
        chart.observe("pain_nrs", chart.pick("4", "0", "10", "12", ""), at, encounter_id="")


def add_stock(chart: Chart, start: Seconds, end: Seconds, mg: Fraction) -> None:
    """What left the cabinet and what came back: balanced, at the tolerance, or beyond it."""
    if chart.rng.random() < 0.15:
        return
    dispensed = chart.rng.choice([Fraction(100), Fraction(200), mg + 10])
    tolerance = max(Fraction(1), dispensed / 50)
    astray = chart.rng.choice(
        [Fraction(0), Fraction(0), tolerance, tolerance + Fraction(1, 1000), -tolerance, -tolerance - Fraction(1, 1000), mg]
    )
    left = dispensed - mg - astray
    move(chart, "dispense", dispensed, start - chart.rng.choice([20 * MIN, DAY, DAY + 1]))
    if left > 0:
        at = end + chart.rng.choice([10 * MIN, 10 * MIN, 61 * MIN, DAY, DAY + 1, -30 * MIN])
        part = chart.rng.choice([left, left, left / 2])
        move(chart, "waste", part, at)
        if left > part:
            move(chart, chart.pick("return", "waste"), left - part, at + MIN)
    if chart.rng.random() < 0.05:
        move(chart, "waste", Fraction(5), end)[chart.pick("amount", "action", "occurred_at")] = chart.pick("", "all")


def move(chart: Chart, action: str, mg: Fraction, at: Seconds) -> Row:
    """One stock row, now and then in mL or without one of its people."""
    factor, unit = chart.rng.choice(
        [(Fraction(1), "mg")] * 8 + [(Fraction(1000), "mcg"), (Fraction(1, 1000), "g"), (Fraction(1, 50), "mL")]
    )
    if (mg * factor * 10**9).denominator != 1:
        factor, unit = Fraction(1), "mg"
    people = {"user_id": chart.pick(*["N1"] * 8, ""), "witness_id": chart.pick(*["N2"] * 12, "N1", "") if action == "waste" else ""}
    return chart.add(
        "stock", container_id="V1", action=action, amount=decimal_text(mg * factor), unit=unit, occurred_at=chart.at(at), **people
    )
