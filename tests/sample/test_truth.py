"""The planted truth: clean sessions are comfortably clean, and every fault breaks what it says and nothing else."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from infusion_audit.protocol import load_protocol
from infusion_audit.sample import clinic
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.dirt import EVERY
from infusion_audit.sample.draft import RATE_LIMITS, Draft
from infusion_audit.sample.observing import RESPIRATORY, SEDATION
from infusion_audit.sample.planted import Fault
from infusion_audit.sample.session import DECOY_SHARE, DECOYS, FAULT_SHARE, FAULTS, sessions_of
from infusion_audit.sample.truth import OPTIONAL_RULES

GUIDE = Path(__file__).parents[2] / "docs" / "sample-data.md"
PATHWAYS: dict[tuple[str, ...], str] = {
    ("chronic",): "day clinic",
    ("postsurgical",): "ward",
    ("pca",): "PCA",
    ("chronic", "postsurgical"): "all but PCA",
    ("chronic", "postsurgical", "pca"): "all",
}

OPEN_TO_ALL = {"KD-09", "KD-10", "KO-01"}
"""Rules whose truth depends on the session more than on what is planted."""


def named_rules(text: str) -> set[str]:
    """The rules in "KD-01 to KD-03, KM-01"."""
    rules = set(re.findall(r"K[A-Z]-\d\d", text))
    for family, first, last in re.findall(r"(K[A-Z])-(\d\d) to K[A-Z]-(\d\d)", text):
        rules |= {f"{family}-{number:02d}" for number in range(int(first), int(last) + 1)}
    return rules


@pytest.fixture(scope="module")
def clean_drafts() -> list[Draft]:
    dice = Dice(42)
    patients = clinic.treated_patients(dice, 1500, 6, faults=False)
    return [draft for patient in patients for draft, _ in sessions_of(patient, 1, dice, None)]


def test_clean_doses_keep_their_distance_from_every_limit(clean_drafts: list[Draft]):
    for draft in clean_drafts:
        low, high = RATE_LIMITS[draft.context]
        assert draft.total_mg() <= draft.kg * Fraction(985, 1000)
        assert all(low * Fraction(101, 100) < rate / draft.kg < high * Fraction(99, 100) for _, _, rate in draft.maintenance())
        assert all(mg / draft.kg < Fraction(34, 100) for mg in draft.bolus_mg())
        assert all(1 <= one.mg <= 3 for one in draft.demands)
        assert set(draft.truth) <= OPEN_TO_ALL, draft.truth


def test_no_clean_infusion_starts_so_short_that_it_passes_for_a_bolus(clean_drafts: list[Draft]):
    for draft in clean_drafts:
        assert all(to - since > 15 * 60 for since, to, _ in draft.maintenance()[:1])


def test_clean_assessments_are_never_more_than_nineteen_minutes_apart(clean_drafts: list[Draft]):
    for draft in clean_drafts:
        for kinds in (SEDATION, RESPIRATORY):
            times = sorted({int(row[6]) for row in draft.observations if row[0] in kinds})
            inside = [draft.start, *(at for at in times if draft.start < at < draft.end), draft.end]
            after = [draft.end, *(at for at in times if draft.end < at < draft.end + 1800), draft.end + 1800]
            assert all(later - earlier <= 19 * 60 for earlier, later in [*pairwise(inside), *pairwise(after)])
            assert any(draft.start - 1800 <= at <= draft.start for at in times)


def test_clean_stock_adds_up_and_is_witnessed(clean_drafts: list[Draft]):
    for draft in clean_drafts:
        amounts = {"dispense": Fraction(0), "waste": Fraction(0), "return": Fraction(0)}
        for row in draft.rows["stock"]:
            amounts[str(row["action"])] += Fraction(str(row["amount"]))
            assert row["action"] == "dispense" or row["witness_id"] not in ("", row["user_id"])
        unaccounted = amounts["dispense"] - amounts["waste"] - amounts["return"] - draft.total_mg()
        assert abs(unaccounted) <= Fraction(1, 10)


def test_a_fault_breaks_rules_that_its_description_names_and_no_others(drafts: list[tuple[Draft, Fault | None]]):
    broken: dict[str, set[str]] = {}
    for draft, fault in drafts:
        named = named_rules(fault.rules) if fault else set[str]()
        found = set(draft.truth) - (OPEN_TO_ALL - named) - ({"KD-08"} if "KD-07" in draft.truth or draft.visit.double else set())
        if draft.patient.reviews != "kept":
            found -= {"KS-02"}
        assert found <= named, fault
        if fault:
            broken.setdefault(fault.name, set()).update(found)
            assert found or fault in DECOYS or fault.rules in OPEN_TO_ALL, fault.name
    assert set(broken) == {fault.name for fault in (*FAULTS, *DECOYS)}
    for fault in (*FAULTS, *DECOYS):
        assert broken[fault.name] >= named_rules(fault.rules) & OPTIONAL_RULES, fault.name
        assert broken[fault.name] or fault in DECOYS, fault.name


def test_every_rule_has_a_planted_violation(drafts: list[tuple[Draft, Fault | None]]):
    rules = {rule_id: rule.enabled for rule_id, rule in load_protocol("ketamine-chronic-pain").rules.items()}
    assert {rule_id for rule_id, enabled in rules.items() if not enabled} == OPTIONAL_RULES
    planted = {rule_id for draft, _ in drafts for rule_id, verdict in draft.truth.items() if verdict == "violation"}
    assert planted == set(rules) - {"KO-01"}
    assert any("KO-01" in draft.truth for draft, _ in drafts)


def test_names_are_unique():
    names = [fault.name for fault in (*FAULTS, *DECOYS)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("fault", [*FAULTS, *DECOYS], ids=lambda fault: fault.name)
def test_the_guide_lists_every_fault_as_it_is_planted(fault: Fault):
    row = [f"`{fault.name}`", fault.about, fault.rules or "none", PATHWAYS[fault.pathways]]
    assert "| " + " | ".join(row) + " |\n" in GUIDE.read_text("utf-8")


def test_the_guide_gives_the_rates():
    text = GUIDE.read_text("utf-8")
    shares = [f"{FAULT_SHARE:.1%}", f"{DECOY_SHARE:.0%}", f"{clinic.TWO_ON_ONE_DAY:.1%}", f"{clinic.UNREVIEWED:.0%}"]
    for share in (*shares, f"every {EVERY} rows"):
        assert share in text, share
