"""Planted trouble in pushes and PCA rows, and in rows that were lost on the way."""

from __future__ import annotations

from fractions import Fraction

from infusion_audit.sample.clock import MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import RATE_RULES, Draft, Push, exact
from infusion_audit.sample.planted import NO_PCA, PCA, Change, Fault, edits, only_visit
from infusion_audit.sample.planted_doses import milligrams
from infusion_audit.sample.tables import Row

_WINDOWS = ("KM-01", "KM-02", "KM-11", "KM-12", "KM-21", "KM-22")
_KM = ", ".join(_WINDOWS)

# -------- pushes


def _push_at_start(draft: Draft, _: Dice) -> None:
    draft.pushes = [Push(0, milligrams(draft, 0.2))]


def chart_in_mg(row: Row, push: Push) -> None:
    """Whatever way it was charted in before."""
    for column in ("volume_ml", "concentration", "concentration_unit"):
        row.pop(column, None)
    row |= {"dose": exact(push.mg), "dose_unit": "mg"}


def _spoil_push(**cells: str) -> Change:
    def edit(draft: Draft, _: Dice) -> None:
        row = draft.charted("bolus")[0]
        chart_in_mg(row, draft.pushes[0])
        row |= cells
        draft.undecided("KD-01")
        draft.total_between(draft.total_mg() - draft.pushed_mg(), None)

    return edit


# -------- rows that were lost on the way


def _lost_row(event: str, *rules: str, **cells: str) -> Change:
    """One more row that cannot be read completely: what it gave is unknown, so nothing of its kind can be acquitted."""

    def edit(draft: Draft, _: Dice) -> None:
        row = draft.chart(event, 10 * MINUTE, dose="2", dose_unit="mg")
        row |= cells or {"administration_id": ""}
        if "administration_id" in cells:
            row["administration_id"] = f"A{draft.key}-{cells['administration_id']}"
        draft.undecided(*rules)
        draft.total_between(draft.total_mg(), None)
        draft.lasted = draft.end - draft.start, None
        if event not in ("bolus", "pca_demand"):
            draft.undecided(*RATE_RULES[draft.context])
        if draft.steps:  # it may have begun or ended the session
            draft.undecided(*_WINDOWS)

    return edit


# -------- patient-controlled analgesia


def _count_differs(draft: Draft, _: Dice) -> None:
    """An hourly total that is not the count times the programmed dose; both are far below the cap."""
    dose = draft.demands[0].mg
    count = len(draft.demands)
    draft.rows["administration"] = [row for row in draft.rows["administration"] if row["event"] != "pca_demand"]
    cells = {"dose": exact(dose), "dose_unit": "mg", "delivered_count": str(count), "total_dose": exact(dose * count - Fraction(1, 2))}
    row = draft.chart("pca_total", 0, line_id=f"L{draft.key}P", total_dose_unit="mg", **cells)
    draft.pca_period = draft.demands[-1].at + 10 * MINUTE
    row["stopped_at"] = draft.start + draft.pca_period
    draft.total_between(draft.total_mg() - Fraction(1, 2), draft.total_mg())
    draft.undecided("KD-06")


def _total_without_dose(draft: Draft, dice: Dice) -> None:
    """A total without the programmed dose says how much was given, not how much at a time."""
    _count_differs(draft, dice)
    draft.total_bounds = None
    row = draft.charted("pca_total")[0]
    row["total_dose"] = exact(draft.demands[0].mg * len(draft.demands))
    for column in ("dose", "dose_unit", "delivered_count"):
        row.pop(column)


ROW_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("dose_unit_unknown", "a push in units", "KD-01, KD-07, KR-01", _spoil_push(dose_unit="units")),
        ("dose_missing", "a push without a dose", "KD-01, KD-07, KR-01", _spoil_push(dose="")),
        ("dose_with_comma", "a push of 5,0 mg (also a dirty cell)", "KD-01, KD-07, KR-01", _spoil_push(dose='"5,0"')),
        ("dose_negative", "a push of -5 mg (also a dirty cell)", "KD-01, KD-07, KR-01", _spoil_push(dose="-5")),
        pathways=NO_PCA, plan=_push_at_start,
    ),
    *edits(
        (
            "lost_push", "one more push without an id: kept out, so no push is acquitted", f"KD-01, KD-07, {_KM}, KR-01",
            _lost_row("bolus", "KD-01"),
        ),
        (
            "lost_rate", "one more rate change without an id", f"KD-02 to KD-05, KD-07, {_KM}, KR-01",
            _lost_row("rate_change"),
        ),
        (
            "lost_row_of_unknown_kind", "one more row whose event is misspelt", f"KD-01 to KD-07, {_KM}, KR-01",
            _lost_row("blous", "KD-01", "KD-06", administration_id="BLOUS"),
        ),
        pathways=NO_PCA,
    ),
    *edits(
        (
            "lost_push_without_time", "one more push whose time cannot be read", f"KD-01, KD-07, {_KM}, KR-01",
            _lost_row("bolus", "KD-01", administration_id="LUNCH", started_at="before lunch"),
        ),
        pathways=NO_PCA, suits=only_visit,
    ),
    *edits(
        (
            "lost_demand", "one more demand without an id", f"KD-06, KD-07, {_KM}, KR-01",
            _lost_row("pca_demand", "KD-06"),
        ),
        ("pca_count_differs", "count times dose is not the total", "KD-06", _count_differs),
        ("pca_total_without_dose", "a PCA total without the programmed dose", "KD-06", _total_without_dose),
        pathways=(PCA,),
    ),
)  # fmt: skip
