"""Assessments around a session, spaced just within and just outside the interval with its grace."""

from .chart import HOUR, MIN, Chart, Seconds

SEDATION = (("rass", "0"), ("rass", "-5"), ("poss", "S"), ("poss", "2"), ("ramsay", "2"), ("moaas", "5"), ("aldrete_consciousness", "2"))
RESPIRATORY = (("respiratory_rate", "14"), ("spo2", "97"), ("etco2", "38"), ("spo2", "30"), ("respiratory_rate", "80"))
NO_ASSESSMENT = (("rass", "5"), ("rass", "0.5"), ("poss", "5"), ("ramsay", "0"), ("moaas", "6"), ("aldrete_consciousness", "3"))
NO_BREATH = (("respiratory_rate", "0"), ("spo2", "29.9"), ("etco2", "121"), ("spo2", "101"), ("spo2", "n/a"))
STEPS = (5 * MIN, 10 * MIN, 15 * MIN, 15 * MIN, 20 * MIN - 1, 20 * MIN, 20 * MIN)
LATE_STEPS = (*STEPS, 20 * MIN + 1, 25 * MIN, 61 * MIN)


def round_of(chart: Chart, start: Seconds, end: Seconds, good: tuple[tuple[str, str], ...], bad: tuple[tuple[str, str], ...]) -> None:
    """One domain's assessments from before the start to about the end."""
    if chart.rng.random() < 0.08:
        return
    steps = LATE_STEPS if chart.rng.random() < 0.35 else STEPS
    at = start + chart.rng.choice([0, -10 * MIN])
    while at < end:
        kind, value = chart.rng.choice(good)
        chart.observe(kind, value, at)
        if chart.rng.random() < 0.05:
            kind, value = chart.rng.choice(bad)
            chart.observe(kind, value, at + 4 * MIN)
        at = max(at, start) + chart.rng.choice(steps)
    if chart.rng.random() < 0.3:
        kind, value = chart.rng.choice(good)
        chart.observe(kind, value, end)


def assess(chart: Chart, start: Seconds, end: Seconds) -> None:
    """Sedation, respiration and psycho-perceptual effects of one session."""
    end = min(end, start + 4 * HOUR)
    round_of(chart, start, end, SEDATION, NO_ASSESSMENT)
    round_of(chart, start, end, RESPIRATORY, NO_BREATH)
    when = chart.rng.choice([None, start, start + 1, start + 20 * MIN, end + HOUR, end + HOUR + 1])
    if when is not None:
        kind, value = chart.rng.choice(
            [("psychomimetic", "none"), ("psychomimetic", "present"), ("cadss", "0"), ("cadss", "92"), ("cadss", "93"), ("bprs", "18")]
        )
        chart.observe(kind, value, when)
