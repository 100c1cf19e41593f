"""What a compliant session gives, with human numbers and comfortably inside every limit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Demand, Draft, Push, Step, exact

STYLES = {
    "riverside": ("segments", "events", "events", "volume"),
    "north": ("pump", "pump", "segments", "events"),
    "harbor": ("volume", "segments", "pump", "volume"),
}

UNIT_SPELLINGS = {
    "mg/h": ("mg/h", "mg/h", "mg/hr", "mg/hour"),
    "mL/h": ("mL/h", "mL/h", "ml/hr"),
    "mcg/kg/min": ("mcg/kg/min", "mcg/kg/min", "ug/kg/min", "\u00b5g/kg/min", "\u03bcg/kg/min"),
    "mg/kg/h": ("mg/kg/h", "mg/kg/hr"),
}


def plan(draft: Draft, dice: Dice) -> None:
    """An ordinary session of the patient's pathway."""
    draft.style = dice.pick(STYLES[draft.patient.site])
    if draft.style == "volume":
        draft.concentration = Fraction(dice.pick((1, 1, 2, 2) if draft.context == "chronic" else (1, 2)))
    if draft.style == "pump":
        draft.pump_kg = Fraction(round(draft.kg * 10), 10)
        draft.visit.start += dice.whole(0, 59)
    {"chronic": _chronic, "postsurgical": _postsurgical, "pca": _pca}[draft.patient.pathway](draft, dice)


def plan_plainly(draft: Draft, dice: Dice) -> None:
    """A regimen without any variety, which a planted dosing fault then changes: one push and one rate, charted in mg and mg/h."""
    kg = draft.kg
    if draft.patient.pathway == "chronic":
        draft.pushes = [Push(0, Fraction(round(kg * dice.whole(15, 26) / 50), 2))]
        infuse(draft, Fraction(round(kg * dice.whole(58, 78) / 100)), dice.whole(35, 48))
    else:
        draft.pushes = [Push(0, Fraction(round(kg * dice.whole(10, 18) / 50), 2))]
        if draft.context == "postsurgical":
            infuse(draft, Fraction(round(kg * dice.whole(75, 98) / 100), 10), dice.whole(33, 48) * 5)
    if draft.patient.pathway == "pca":
        draft.pca_style = "demands"
        draft.demands = [Demand(600 + 1080 * k, Fraction(2), True) for k in range(dice.whole(6, 8))]


def infuse(draft: Draft, mg_per_h: Fraction, minutes: int) -> None:
    """Replace the infusion by one constant rate, charted in mg/h."""
    draft.steps = [Step(0, mg_per_h, exact(mg_per_h), "mg/h")]
    draft.stop = minutes * MINUTE


def _chronic(draft: Draft, dice: Dice) -> None:
    kg = float(draft.kg)
    target_mg = dice.span(0.68, 0.93) * kg
    at = 0
    if dice.chance(0.06):
        draft.style, draft.loading, draft.concentration, draft.pump_kg = "segments", True, None, None
        rate = Fraction(round(dice.span(0.21, 0.30) * kg) * 6)
        draft.steps, at = [Step(0, rate, exact(rate), "mg/h")], 10 * MINUTE
        target_mg -= float(rate) / 6
    elif dice.chance(0.58):
        draft.pushes = [_push(0, dice.span(0.15, 0.31), kg, dice)]
        at = dice.pick((0, 60, 120, 300))
        target_mg -= float(draft.pushes[0].mg)
    first = _step(draft, dice, at, dice.span(0.55, 0.92))
    draft.steps.append(first)
    minutes = dice.pick((20, 25, 30))
    second = _step(draft, dice, at + minutes * MINUTE, dice.span(0.55, 0.92)) if dice.chance(0.35) else None
    if second and second.mg_per_h != first.mg_per_h and target_mg - float(first.mg_per_h) * minutes / 60 > float(second.mg_per_h) / 3:
        draft.steps.append(second)
        draft.stop = _stop(second, target_mg - float(first.mg_per_h) * minutes / 60, dice, draft)
    else:
        draft.stop = _stop(first, target_mg, dice, draft)
        _maybe_pause(draft, dice)


def _stop(step: Step, mg: float, dice: Dice, draft: Draft) -> int:
    """When the amount has run in, rounded down to five minutes and never shorter than half an hour."""
    minutes = int(mg / float(step.mg_per_h) * 60)
    minutes = max(30 if len(draft.steps) - draft.loading == 1 else 20, min(minutes - minutes % 5, 95))
    return step.at + minutes * MINUTE + (dice.whole(0, 40) if draft.style == "pump" else 0)


def _maybe_pause(draft: Draft, dice: Dice) -> None:
    """Some infusions are paused; the rest of the dose follows later."""
    if draft.style != "events" or not dice.chance(0.15):
        return
    since = draft.steps[0].at + 20 * MINUTE
    length = (dice.whole(75, 100) if dice.chance(0.1) else dice.whole(8, 20)) * MINUTE
    draft.pause = (since, since + length)
    draft.stop += length


def _postsurgical(draft: Draft, dice: Dice) -> None:
    kg = float(draft.kg)
    if dice.chance(0.03):
        draft.style = "segments"
        draft.pushes = [_push(0, dice.span(0.12, 0.30), kg, dice)]
        return
    at = 0
    if dice.chance(0.45):
        draft.pushes = [_push(0, dice.span(0.10, 0.25), kg, dice)]
        at = dice.pick((0, 120, 300, 600))
    draft.steps = [_step(draft, dice, at, dice.span(0.068, 0.111))]
    draft.stop = at + dice.whole(10, 20) * 15 * MINUTE + (dice.whole(0, 50) if draft.style == "pump" else 0)
    if dice.chance(0.3):
        second = _step(draft, dice, at + dice.whole(4, 8) * 15 * MINUTE, dice.span(0.068, 0.111))
        draft.steps += [second] if second.mg_per_h != draft.steps[0].mg_per_h else []
    if len(draft.steps) == 1:
        _maybe_pause(draft, dice)


def _pca(draft: Draft, dice: Dice) -> None:
    kg = float(draft.kg)
    hours = dice.whole(3, 5)
    room = 0.85 * kg
    if draft.context == "postsurgical" and dice.chance(0.55):
        draft.steps = [_step(draft, dice, 0, dice.span(0.068, 0.095))]
        draft.stop = hours * HOUR
        room -= float(draft.steps[0].mg_per_h) * hours
    else:
        draft.style, draft.concentration, draft.pump_kg = "segments", None, None
    if dice.chance(0.3):
        draft.pushes = [_push(0, dice.span(0.10, 0.20), kg, dice)]
        room -= float(draft.pushes[0].mg)
    dose = dice.pick((Fraction(1), Fraction(3, 2), Fraction(2), Fraction(2), Fraction(5, 2), Fraction(3)))
    draft.pca_style = dice.pick(("demands", "demands", "hourly", "both"))
    draft.demands = _demands(dice, dose, min(16, int(room / float(dose))), hours * HOUR)


def _demands(dice: Dice, dose: Fraction, count: int, seconds: int) -> list[Demand]:
    """Delivered demands at least a lockout of eight minutes apart, and some tries inside the lockout that give nothing."""
    demands: list[Demand] = []
    at = 0
    while count and at < seconds - 10 * MINUTE:
        demands.append(Demand(at, dose, True))
        count -= 1
        if dice.chance(0.2):
            demands.append(Demand(at + dice.whole(40, 400), dose, False))
        at += 8 * MINUTE + dice.whole(30, 1500)
    return demands


def _push(at: int, mg_per_kg: float, kg: float, dice: Dice) -> Push:
    """A push in steps of 1 mg, or of half a milligram."""
    grain = 2 if dice.chance(0.25) else 1
    return Push(at, Fraction(round(mg_per_kg * kg * grain), grain))


def _step(draft: Draft, dice: Dice, at: int, mg_per_kg_h: float) -> Step:
    """A rate near the wish, on the grid on which people set rates in that unit."""
    kg = float(draft.kg)
    if draft.style == "pump" and draft.pump_kg:
        if dice.chance(0.7):
            tenths = round(mg_per_kg_h * 1000 / 6)
            return Step(at, tenths * draft.pump_kg * 6 / 1000, _tenths(tenths), _spelling(dice, "mcg/kg/min"))
        hundredths = round(mg_per_kg_h * 100)
        return Step(at, hundredths * draft.pump_kg / 100, exact(Fraction(hundredths, 100)), _spelling(dice, "mg/kg/h"))
    if draft.style == "volume" and draft.concentration:
        tenths = round(mg_per_kg_h * kg / float(draft.concentration) * 10)
        return Step(at, tenths * draft.concentration / 10, _tenths(tenths), _spelling(dice, "mL/h"))
    coarse, fine, from_kg = (50, 10, 70) if draft.context == "chronic" else (5, 1, 60)
    grid = coarse if kg >= from_kg and dice.chance(0.55) else fine
    tenths = round(mg_per_kg_h * kg * 10 / grid) * grid
    return Step(at, Fraction(tenths, 10), _tenths(tenths), _spelling(dice, "mg/h"))


def _tenths(number: int) -> str:
    whole, rest = divmod(number, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def _spelling(dice: Dice, unit: str) -> str:
    spellings: Sequence[str] = UNIT_SPELLINGS[unit]
    return dice.pick(spellings)
