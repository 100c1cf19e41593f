"""The regimen as nurses and pumps chart it: the rows of the administration table."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, Push, Step, exact
from infusion_audit.sample.tables import Row


def chart(draft: Draft, dice: Dice) -> None:
    """Write every administration row of the session."""
    if draft.pushes:
        _chart_pushes(draft, dice)
    if draft.steps:
        {"segments": _chart_segments, "volume": _chart_segments, "events": _chart_events, "pump": _chart_pump}[draft.style](draft, dice)
    if draft.demands:
        _chart_pca(draft, dice)
    nurse = f"RN-{dice.whole(11, 48)}"
    for row in draft.rows["administration"]:
        if row["source"] == "mar":
            row["performer_id"] = nurse
            row["recorded_at"] = int(row["started_at"]) + dice.whole(1, 9) * MINUTE


def rate_cells(draft: Draft, step: Step) -> dict[str, str]:
    """How a set rate is written in the session's style, with what is needed to convert it."""
    cells = {"rate": step.rate, "rate_unit": step.unit}
    if draft.style == "pump" and draft.pump_kg:
        cells |= {"pump_weight": exact(draft.pump_kg), "pump_weight_unit": "kg"}
    if draft.style == "volume" and draft.concentration and "concentration" not in draft.order:
        cells |= {"concentration": exact(draft.concentration), "concentration_unit": "mg/mL"}
    return cells


def _push_cells(push: Push, dice: Dice, *, bag: bool) -> dict[str, str]:
    """A push in mg, now and then in mcg or, where no bag of another strength could be mistaken for it, as a volume."""
    draw = dice.random()
    if draw < 0.02:
        return {"dose": exact(push.mg * 1000), "dose_unit": "mcg"}
    if draw < 0.05 and not bag:
        return {"volume_ml": exact(push.mg / 10), "concentration": "10", "concentration_unit": "mg/mL"}
    return {"dose": exact(push.mg), "dose_unit": "mg"}


def _chart_pushes(draft: Draft, dice: Dice) -> None:
    pump, bag = draft.style == "pump", draft.concentration is not None
    for push in draft.pushes:
        if pump:
            draft.chart("bolus", push.at, source="pump", dose=exact(push.mg), dose_unit="mg")
            if dice.chance(0.5):  # the nurse charts the same push by hand
                draft.chart("bolus", push.at + dice.whole(15, 90), line_id="", dose=exact(push.mg), dose_unit="mg")
        else:
            draft.chart("bolus", push.at, line_id="", status=dice.pick(("completed", "completed", "")), **_push_cells(push, dice, bag=bag))


def _chart_segments(draft: Draft, dice: Dice) -> None:
    """Whole segments, each with its stop; sometimes a new bag in the middle."""
    pieces = draft.pieces()
    unnamed = not draft.demands and dice.chance(0.1)
    for number, (step, (since, to, _)) in enumerate(zip(draft.steps, pieces, strict=True)):
        event = "infusion" if number == 0 or dice.chance(0.5) else "rate_change"
        cuts = [since, to]
        if to - since >= 40 * MINUTE and dice.chance(0.06):
            cuts.insert(1, since + (to - since) // 120 * MINUTE)
        for begin, end in pairwise(cuts):
            row = draft.chart(event, begin, stopped_at=draft.start + end, **rate_cells(draft, step))
            event = "infusion"
            if unnamed:
                row["line_id"] = ""


def _chart_events(draft: Draft, dice: Dice) -> None:
    """A start, rate checks, changes, a pause, and a stop; no row but the last knows when the infusion ended."""
    last = 0
    for number, (step, (since, to, _)) in enumerate(zip(_steps_with_resume(draft), draft.pieces(), strict=True)):
        event, status = ("rate_change", "completed") if number else ("infusion", "in_progress")
        draft.chart(event, since, status=status, **rate_cells(draft, step))
        for check in range(since + 20 * MINUTE, to - 5 * MINUTE, dice.pick((20, 30, 60)) * MINUTE):
            draft.chart("rate_verify", check, **rate_cells(draft, step))
        last = to
        if draft.pause and to == draft.pause[0]:
            draft.chart("pause", to, rate="0", rate_unit="mg/h")
    draft.chart("stop", last, status="stopped")


def _steps_with_resume(draft: Draft) -> list[Step]:
    """The step of each piece: after a pause the same rate is set again."""
    return draft.steps * 2 if draft.pause else draft.steps


def _chart_pump(draft: Draft, dice: Dice) -> None:
    """The pump's own log, often with its volume counter, and sometimes the nurse's charting of the same infusion beside it."""
    for number, step in enumerate(draft.steps):
        draft.chart("infusion" if number == 0 else "rate_change", step.at, source="pump", **rate_cells(draft, step))
    draft.chart("stop", draft.stop, source="pump", status="stopped")
    if not draft.demands and dice.chance(0.5):
        _chart_counter(draft, dice)
    if dice.chance(0.3):
        hand = Fraction(round(draft.steps[0].mg_per_h))
        stop = draft.start + (draft.stop + 59) // MINUTE * MINUTE
        draft.chart("infusion", draft.steps[0].at, stopped_at=stop, rate=exact(hand), rate_unit="mg/h", line_id="")


def _chart_counter(draft: Draft, dice: Dice) -> None:
    """The counter holds the line's boluses too, to a tenth of a millilitre; what it shows is what was given."""
    concentration = Fraction(dice.pick((1, 2)))
    planned = draft.infused_mg() + draft.pushed_mg()
    volume = Fraction(round(planned / concentration * 10), 10)
    draft.given_otherwise_mg += volume * concentration - planned
    draft.chart(
        "infused_total", draft.stop, source="pump", volume_ml=exact(volume), concentration=exact(concentration), concentration_unit="mg/mL"
    )


def _chart_pca(draft: Draft, dice: Dice) -> None:
    """Each demand from the pump, or hourly totals from the MAR, or both: then the pump's rows are the dose."""
    if draft.pca_style in ("demands", "both"):
        for one in draft.demands:
            _pca_row(draft, "pca_demand", one.at, source="pump", dose=exact(one.mg), delivered_count="1" if one.delivered else "0")
    if draft.pca_style in ("hourly", "both"):
        dose = draft.demands[0].mg
        for hour in range(draft.demands[-1].at // HOUR + 1):
            count = sum(one.delivered for one in draft.demands if one.at // HOUR == hour)
            row = _pca_row(draft, "pca_total", hour * HOUR, dose=exact(dose), delivered_count=str(count))
            row["stopped_at"] = draft.start + (hour + 1) * HOUR
            if dice.chance(0.8):
                row |= {"total_dose": exact(dose * count), "total_dose_unit": "mg"}


def _pca_row(draft: Draft, event: str, at: int, **cells: str) -> Row:
    return draft.chart(event, at, **{"dose_unit": "mg", "line_id": f"L{draft.key}P", "source": "mar", **cells})
