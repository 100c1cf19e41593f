"""Planted deviations in what was given; the truth follows from the changed plan.

Shares of the body weight are chosen so that a fault breaks its own rule and no other, except where the name says so.
"""

from __future__ import annotations

import math
from fractions import Fraction

from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import RATE_RULES, Demand, Draft, Push, Step, exact
from infusion_audit.sample.planted import DAY_CLINIC, NO_PCA, PCA, WARD, Change, Fault, edits, plans
from infusion_audit.sample.regimen import infuse


def milligrams(draft: Draft, share: float, grain: int = 1) -> Fraction:
    """A share of the weight in mg, rounded to 1/grain mg."""
    return Fraction(round(draft.kg * Fraction(str(share)) * grain), grain)


def _usual(draft: Draft) -> None:
    """A rate in the middle of the range, short enough to leave room for a large bolus."""
    if draft.context == "chronic":
        infuse(draft, milligrams(draft, 0.6), 36)
    else:
        infuse(draft, milligrams(draft, 0.09, 10), 195)


def _bolus(*shares: float, apart: int = 0) -> Change:
    """Pushes of these shares of the weight, `apart` seconds from one to the next."""

    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = [Push(apart * number, milligrams(draft, share)) for number, share in enumerate(shares)]
        _usual(draft)
        if len(shares) > 1 and apart <= 300:
            draft.boluses = [draft.pushed_mg()]

    return change


def _bolus_beside_limit(factor: Fraction, minus: Fraction = Fraction(0)) -> Change:
    """So many times the limit, to a thousandth of a milligram, and a little less."""

    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = [Push(0, Fraction(round(draft.kg * Fraction(35, 100) * factor * 1000), 1000) - minus)]
        _usual(draft)

    return change


def _bolus_and_total(draft: Draft, _: Dice) -> None:
    draft.pushes = [Push(0, milligrams(draft, 0.56))]
    if draft.context == "chronic":
        infuse(draft, milligrams(draft, 0.72), 50)
    else:
        infuse(draft, milligrams(draft, 0.11, 10), 330)


def _loading_too_big(draft: Draft, _: Dice) -> None:
    """A loading dose charted as a ten-minute infusion counts as a bolus."""
    rate, low = milligrams(draft, 0.44) * 6, milligrams(draft, 0.6 if draft.context == "chronic" else 0.09, 10)
    draft.pushes, draft.loading = [], True
    draft.steps = [Step(0, rate, exact(rate), "mg/h"), Step(10 * MINUTE, low, exact(low), "mg/h")]
    draft.stop = 50 * MINUTE


def _rate(share: float, minutes: int, grain: int = 1) -> Change:
    """One constant rate near this share of the weight."""

    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = [Push(0, milligrams(draft, 0.15))]
        infuse(draft, milligrams(draft, share, grain), minutes)

    return change


def _exact_rate(share: Fraction, minutes: int) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = []
        infuse(draft, draft.kg * share, minutes)

    return change


def _short_peak(draft: Draft, dice: Dice) -> None:
    """Ten minutes above the limit in the middle; an upper limit has no minimum duration."""
    usual, peak = milligrams(draft, 0.6), milligrams(draft, 1.25)
    draft.steps = [
        Step(0, usual, exact(usual), "mg/h"),
        Step(20 * MINUTE, peak, exact(peak), "mg/h"),
        Step(dice.pick((24, 30)) * MINUTE, usual, exact(usual), "mg/h"),
    ]
    draft.stop = 45 * MINUTE


def _short_trough(draft: Draft, _: Dice) -> None:
    """Four minutes below the lower limit, which judges pieces of five minutes and more."""
    usual, low = milligrams(draft, 0.6), milligrams(draft, 0.3)
    draft.steps = [Step(at * MINUTE, rate, exact(rate), "mg/h") for at, rate in ((0, usual), (20, low), (24, usual))]
    draft.stop = 45 * MINUTE


def _total(share: float) -> Change:
    """Rates inside the range for so long that the sum is not."""

    def change(draft: Draft, _: Dice) -> None:
        draft.pushes = [Push(0, milligrams(draft, 0.25))]
        rate = milligrams(draft, 0.8 if draft.context == "chronic" else 0.11, 10)
        minutes = math.ceil((Fraction(str(share)) * draft.kg - draft.pushes[0].mg) / rate * 60)
        infuse(draft, rate, minutes)

    return change


def _total_at_limit(draft: Draft, _: Dice) -> None:
    """A fifth of the weight as a push and four fifths over an hour: exactly 1 mg/kg, which is allowed."""
    draft.pushes = [Push(0, draft.kg / 5)]
    infuse(draft, draft.kg * 4 / 5, 60)


def _rate_and_total(draft: Draft, _: Dice) -> None:
    infuse(draft, milligrams(draft, 1.2), 55)


def _four_hours_apart(draft: Draft, _: Dice) -> None:
    """Pushes exactly 240 minutes apart are one session, whose total is over the cap."""
    draft.steps, draft.stop, draft.demands = [], 0, []
    draft.pushes = [Push(240 * MINUTE * number, milligrams(draft, 0.31)) for number in range(4)]
    draft.visit.start = draft.start // (24 * HOUR) * 24 * HOUR + 8 * HOUR


def _two_lines(draft: Draft, _: Dice) -> None:
    """Two lines at once, each inside the range; together they are not."""
    share, minutes = (0.62, 40) if draft.context == "chronic" else (0.085, 180)
    infuse(draft, milligrams(draft, share, 10), minutes)
    draft.pushes = []
    draft.given_otherwise_mg = draft.infused_mg() / 2


def _second_line(draft: Draft, _: Dice) -> None:
    """The second line runs at the same rate in the second half."""
    step, since = draft.steps[0], draft.stop // 2
    draft.chart("infusion", since, line_id=f"L{draft.key}B", stopped_at=draft.start + draft.stop, rate=step.rate, rate_unit=step.unit)
    for row in draft.charted("infusion"):
        row["line_id"] = row["line_id"] or f"L{draft.key}"
    draft.violated(RATE_RULES[draft.context][1])


def _demands(mg: str, *, first_only: bool = False, delivered: bool = True) -> Change:
    """The pump is set to this demand dose for the whole session, or for one demand only."""

    def change(draft: Draft, _: Dice) -> None:
        if first_only:
            draft.demands[1] = Demand(draft.demands[1].at, Fraction(mg), delivered)
        else:
            draft.demands = [Demand(one.at, Fraction(mg), True) for one in draft.demands[:3]]

    return change


_ONE, _CENT = Fraction(1), Fraction(1, 100)

DOSE_FAULTS: tuple[Fault, ...] = (
    *plans(
        ("bolus_at_limit", "a push of exactly 0.35 mg/kg, which the strict limit does not allow", "KD-01", _bolus_beside_limit(_ONE)),
        ("bolus_marginal", "a push about 1 % over the limit", "KD-01", _bolus_beside_limit(Fraction(101, 100))),
        ("bolus_material", "a push of about 0.42 mg/kg", "KD-01", _bolus(0.42)),
        ("bolus_and_total", "a push so large that the session total is over the cap as well", "KD-01, KD-07", _bolus_and_total),
        ("split_pushes_merge", "two pushes five minutes apart, which count as one of 0.44 mg/kg", "KD-01", _bolus(0.22, 0.22, apart=300)),
        ("loading_too_big", "a ten-minute loading infusion of about 0.44 mg/kg", "KD-01", _loading_too_big),
        ("total_material", "a total about 30 % over the cap", "KD-07", _total(1.3)),
        pathways=NO_PCA,
    ),
    *plans(
        ("rate_above", "about 1.2 mg/kg/h", "KD-02", _rate(1.2, 35)),
        ("rate_marginal", "about 1 % above 1 mg/kg/h", "KD-02", _rate(1.01, 40, 10)),
        ("rate_peak", "a few minutes at about 1.25 mg/kg/h between compliant rates", "KD-02", _short_peak),
        ("rate_below", "about 0.4 mg/kg/h", "KD-03", _rate(0.4, 60)),
        ("rate_and_total", "about 1.2 mg/kg/h for 55 minutes: rate and total are both over", "KD-02, KD-07", _rate_and_total),
        ("total_marginal", "a total about 3 % over the cap", "KD-07", _total(1.03)),
        ("four_hours_apart", "pushes exactly 240 minutes apart: one session, over the cap", "KD-07", _four_hours_apart),
        pathways=DAY_CLINIC,
    ),
    *plans(
        ("ward_rate_above", "about 0.16 mg/kg/h after surgery", "KD-04", _rate(0.16, 200, 10)),
        ("ward_rate_below", "about 0.045 mg/kg/h after surgery", "KD-05", _rate(0.045, 240, 10)),
        pathways=WARD,
    ),
    *edits(
        ("two_lines", "two lines at once, their sum above 1 mg/kg/h", "KD-02", _second_line),
        pathways=DAY_CLINIC, plan=_two_lines,
    ),
    *edits(
        ("ward_two_lines", "two lines at once, their sum above 0.12 mg/kg/h", "KD-04", _second_line),
        pathways=WARD, plan=_two_lines,
    ),
    *plans(
        ("demand_over", "PCA demands of 6 mg", "KD-06", _demands("6")),
        ("demand_under", "PCA demands of 0.5 mg", "KD-06", _demands("0.5")),
        ("one_demand_over", "a single delivered demand of 5.5 mg among others", "KD-06", _demands("5.5", first_only=True)),
        pathways=(PCA,),
    ),
)  # fmt: skip

DOSE_DECOYS: tuple[Fault, ...] = (
    *plans(
        ("bolus_just_below", "a push 0.01 mg below the limit", "", _bolus_beside_limit(_ONE, minus=_CENT)),
        ("split_pushes_apart", "two pushes of 0.2 mg/kg six minutes apart: they do not merge", "", _bolus(0.2, 0.2, apart=360)),
        pathways=NO_PCA,
    ),
    *plans(
        ("rate_at_upper_limit", "exactly 1 mg/kg/h", "", _exact_rate(_ONE, 50)),
        ("rate_at_lower_limit", "exactly 0.5 mg/kg/h", "", _exact_rate(Fraction(1, 2), 60)),
        ("rate_trough", "four minutes below the lower limit", "", _short_trough),
        ("total_at_limit", "a total of exactly 1 mg/kg", "", _total_at_limit),
        pathways=DAY_CLINIC,
    ),
    *plans(
        ("ward_rate_at_upper_limit", "exactly 0.12 mg/kg/h after surgery", "", _exact_rate(Fraction(12, 100), 240)),
        ("ward_rate_at_lower_limit", "exactly 0.06 mg/kg/h after surgery", "", _exact_rate(Fraction(6, 100), 240)),
        pathways=WARD,
    ),
    *plans(
        ("demands_at_limits", "one PCA demand of exactly 5 mg among others", "", _demands("5", first_only=True)),
        ("demand_not_delivered", "a demand of 8 mg inside the lockout, not delivered", "", _demands("8", first_only=True, delivered=False)),
        pathways=(PCA,),
    ),
)
