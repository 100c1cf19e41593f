"""Charting that looks alarming and changes no verdict: rows that gave nothing, other drugs, confirmations, late entries."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample.clock import HOUR, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft, exact
from infusion_audit.sample.planted import NO_PCA, Change, Fault, edits


def _not_given(event: str, status: str) -> Change:
    """A row that looks alarming and gave nothing."""

    def edit(draft: Draft, _: Dice) -> None:
        draft.chart(event, 12 * MINUTE, line_id="", dose=exact(Fraction(round(draft.kg))), dose_unit="mg", status=status)

    return edit


def _other_drug(product: str, route: str, dose: str) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        draft.chart("bolus", 8 * MINUTE, line_id="", order_id="", product=product, route=route, dose=dose, dose_unit="mg")

    return edit


def _held_row_lost(draft: Draft, _: Dice) -> None:
    """A row that cannot be loaded but says clearly that nothing was given."""
    draft.chart("bolus", 12 * MINUTE, administration_id="", dose="50", dose_unit="mg", status="held")


def _prime(draft: Draft, _: Dice) -> None:
    draft.chart("prime", -5 * MINUTE, dose="15", dose_unit="mg")


def _charted_late(draft: Draft, _: Dice) -> None:
    """Everything was charted five hours after the fact; the time of the fact decides."""
    for row in draft.rows["administration"]:
        row["recorded_at"] = int(row["started_at"]) + 5 * HOUR
    for observation in draft.observations:
        if draft.start < int(observation[6]) < draft.end:
            observation[7] = draft.end + 5 * HOUR


def _confirmed_often(draft: Draft, _: Dice) -> None:
    """The running rate is confirmed every five minutes; confirming adds nothing."""
    row = draft.charted("infusion")[0]
    for at in range(5 * MINUTE, 20 * MINUTE, 5 * MINUTE):
        draft.chart("rate_verify", at, line_id=row["line_id"], rate=row["rate"], rate_unit=row["rate_unit"])


ROW_DECOYS: tuple[Fault, ...] = (
    *edits(
        ("push_held", "a held push of 1 mg/kg", "", _not_given("bolus", "held")),
        ("push_refused", "a refused push", "", _not_given("bolus", "refused")),
        ("push_not_given", "a push that was not given", "", _not_given("bolus", "not_given")),
        ("push_in_error", "a push entered in error", "", _not_given("bolus", "entered_in_error")),
        ("held_row_lost", "a held push without an id, which cannot be loaded", "", _held_row_lost),
        ("esketamine_push", "an intravenous push of esketamine during the session", "", _other_drug("esketamine", "iv", "25")),
        ("midazolam_push", "midazolam during the session", "", _other_drug("midazolam", "iv", "1")),
        ("line_primed", "ketamine run to waste to prime the line", "", _prime),
    ),
    *edits(("charted_late", "everything charted five hours late", "", _charted_late), plain=False),
    *edits(("rate_confirmed_often", "the running rate confirmed every five minutes", "", _confirmed_often), pathways=NO_PCA),
)
