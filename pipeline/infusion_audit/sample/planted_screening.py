"""Planted deviations in what is asked and tested before a session: pregnancy, the checklist, substance use."""

from __future__ import annotations

from infusion_audit.sample.clock import DAY, MINUTE
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.planted import Change, Fault, edits, first_visit, last_visit, only_visit
from infusion_audit.sample.planted_contraindications import diagnosed

# -------- pregnancy


def _childbearing(draft: Draft) -> bool:
    """Certainly inside the rule's ages on every day of the extract."""
    return draft.patient.sex == "female" and not draft.patient.exempt and 20 <= draft.patient.age_on(draft.start // DAY) <= 53


def _childbearing_and_last(draft: Draft) -> bool:
    return _childbearing(draft) and last_visit(draft)


def _childbearing_and_only(draft: Draft) -> bool:
    return _childbearing(draft) and only_visit(draft)


def _childbearing_and_first(draft: Draft) -> bool:
    return _childbearing(draft) and first_visit(draft)


def _pregnancy_test_positive(draft: Draft, _: Dice) -> None:
    for row in draft.observations:
        if row[0] == "hcg":
            row[1] = "positive"
    draft.violated("KC-02")


def _pregnancy_coded(draft: Draft, dice: Dice) -> None:
    """The diagnosis alone; no test and no answer contradict it."""
    _pregnancy_unknown(draft, dice)
    diagnosed("Z34.02", "KC-02")(draft, dice)


def _pregnancy_unknown(draft: Draft, _: Dice) -> None:
    draft.drop_observations(("hcg",), 0, draft.end + DAY)
    draft.rows["screening"] = [row for row in draft.rows["screening"] if row["item"] != "pregnancy"]
    draft.undecided("KC-02")
    draft.violated("KC-10", "KC-12")


def _no_pregnancy_test(draft: Draft, _: Dice) -> None:
    """The checklist says no, which is enough for KC-02; nobody tested."""
    draft.drop_observations(("hcg",), 0, draft.end + DAY)
    draft.violated("KC-12")


def _pregnancy_test_lost(draft: Draft, _: Dice) -> None:
    """The only test has no result: it cannot be loaded, and it may have said anything."""
    for row in draft.observations:
        if row[0] == "hcg":
            row[1] = ""
    draft.undecided("KC-02", "KC-12")


# -------- checklist


def _answer_lost(draft: Draft, _: Dice) -> None:
    """An answer that cannot be loaded may have been a yes, and may have been none."""
    next(row for row in draft.rows["screening"] if row["item"] == "high_intraocular_pressure")["answer"] = "nein"
    draft.undecided("KC-06", "KC-10")


# -------- substance use


def _substance_use(code: str, category: str = "encounter", *, active: bool | None = False) -> Change:
    """A diagnosis of this visit, or of long ago on the problem list; `active` None leaves open whether it still is."""

    def edit(draft: Draft, _: Dice) -> None:
        arrival = int(draft.encounter["started_at"])
        cells: dict[str, str | int] = {"onset_at": arrival, "present_on_admission": "Y"}
        if category == "problem_list":
            cells = {"onset_at": arrival - 500 * DAY}
        draft.add("condition", code=code, code_system="icd10cm", category=category, recorded_at=arrival + 25 * MINUTE, **cells)
        if active:
            draft.violated("KC-07")
        elif active is None:
            draft.undecided("KC-07")

    return edit


def _man_again(draft: Draft) -> bool:
    """No question but the clinic's own could have been left open at his last visit, which is recent enough."""
    return draft.patient.sex == "male" and draft.visit.previous_gap_days < 30


def _question_unanswered(draft: Draft, _: Dice) -> None:
    row = next(row for row in draft.rows["screening"] if row["item"] == "severe_liver_dysfunction")
    row["answer"] = "unknown"
    draft.violated("KC-10")


def _no_checklist(draft: Draft, _: Dice) -> None:
    draft.rows["screening"] = []
    draft.violated("KC-10")


def _old_checklist(draft: Draft, _: Dice) -> None:
    draft.rows["screening"] = []


SCREENING_FAULTS: tuple[Fault, ...] = (
    *edits(
        ("pregnancy_test_positive", "a positive pregnancy test on the day", "KC-02", _pregnancy_test_positive),
        plain=False, suits=_childbearing_and_last,
    ),
    *edits(
        ("pregnancy_coded", "a pregnancy diagnosis at this visit, no test and no answer", "KC-02, KC-10, KC-12", _pregnancy_coded),
        ("pregnancy_test_lost", "a pregnancy test without a result", "KC-02, KC-12", _pregnancy_test_lost),
        plain=False, suits=_childbearing_and_only,
    ),
    *edits(
        ("pregnancy_unknown", "no test and no answer for a woman of childbearing age", "KC-02, KC-10, KC-12", _pregnancy_unknown),
        ("no_pregnancy_test", "no test for a woman of childbearing age, but the answer no", "KC-12", _no_pregnancy_test),
        plain=False, suits=_childbearing_and_first,
    ),
    *edits(
        ("opioid_dependence_coded", "opioid dependence diagnosed at this visit", "KC-07", _substance_use("F11.20", active=True)),
        plain=False, suits=last_visit,
    ),
    *edits(
        (
            "alcohol_dependence_listed", "alcohol dependence on the problem list, activity unknown", "KC-07",
            _substance_use("F10.20", "problem_list", active=None),
        ),
        ("question_unanswered", "one question of the checklist answered with unknown", "KC-10", _question_unanswered),
        ("no_checklist", "no checklist", "KC-10", _no_checklist),
        ("answer_lost", "an answer of the checklist that is not in a word it allows", "KC-06, KC-10", _answer_lost),
        plain=False, suits=only_visit,
    ),
)  # fmt: skip

SCREENING_DECOYS: tuple[Fault, ...] = (
    *edits(
        ("opioid_dependence_in_remission", "opioid dependence in remission", "", _substance_use("F11.21")),
        ("nicotine_dependence", "nicotine dependence", "", _substance_use("F17.210")),
        ("cannabis_use", "cannabis use that is no disorder", "", _substance_use("F12.90")),
        plain=False,
    ),
    *edits(("checklist_of_last_visit", "no checklist but the one of the visit before", "", _old_checklist), plain=False, suits=_man_again),
)
