"""What a ledger means for a finding: two reviewers, agreement, and when an answer no longer answers."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest

from infusion_audit.ledger import Entry, Reviewed, Statement
from infusion_audit.review_state import Found, ThisRun, agreement, in_sample, no_finding, state

TODAY = date(2026, 11, 22)
FINDING: dict[str, Any] = {
    "finding_key": "f" * 32,  # not in the sample for a second review
    "run_id": "20261101T000000Z-aaaaaa",
    "session_id": "s",
    "session_started_at": "2026-10-01T10:00:00Z",
    "rule_id": "KD-01",
    "severity": "major",
    "grade": "marginal",
    "observed": 0.355,
    "protocol_id": "p",
    "protocol_version": "1",
    "protocol_sha256": "00",
}


def entry(seq: int, reviewer: str, disposition: str, waived_until: str | None = None, **finding: Any) -> Entry:
    said = Statement.model_validate({"reviewer": reviewer, "disposition": disposition, "reason": "why", "waived_until": waived_until})
    seen = Reviewed.model_validate(FINDING | finding)
    return Entry(seq=seq, previous="", recorded_at="2026-11-02T00:00:00Z", recorded_by="x", finding=seen, statement=said, was=None, hash="")


def stands(
    *entries: Entry, severity: str = "major", before: int = 0, sha: str = "00", grade: str = "marginal", observed: float = 0.355
) -> Any:
    run = ThisRun("20261120T000000Z-cccccc", sha, {"20261120T000000Z-cccccc": before}, ["critical"], TODAY)
    found = Found(severity, grade, observed, ["20261101T000000Z-aaaaaa", "20261120T000000Z-cccccc"])
    return state(entries, found, run)


def status(*entries: Entry, **options: Any) -> tuple[str, str | None, str]:
    found = stands(*entries, **options)
    return found["status"], found["cause"], found["disposition"]


def test_one_reviewer_settles_a_finding_that_is_not_critical():
    assert status(entry(1, "A", "justified")) == ("reviewed", None, "justified")
    assert status(entry(1, "A", "justified"), entry(2, "B", "unjustified")) == ("reviewed", None, "unjustified")


def test_in_the_sample_one_reviewer_settles_and_another_stands_beside():
    a, b, same = (
        entry(n, who, what, finding_key="0" * 32)
        for n, who, what in [(1, "A", "justified"), (2, "B", "unjustified"), (2, "B", "justified")]
    )
    assert status(a) == ("reviewed", None, "justified")
    assert status(a, b)[0] == "disagreement"
    assert status(a, same) == ("reviewed", None, "justified")
    assert stands(a, b)["reviewers"] == 2


def test_the_sample_is_a_tenth_and_told_by_the_key_alone():
    keys = [hashlib.md5(str(n).encode()).hexdigest() for n in range(5000)]
    assert 0.085 < sum(map(in_sample, keys)) / len(keys) < 0.115


def test_a_critical_finding_waits_for_a_second_person():
    first, again = entry(1, "A. Smith", "justified"), entry(2, " a.  SMITH", "unjustified")
    assert status(first, severity="critical") == ("second_awaited", None, "justified")
    assert status(first, again, severity="critical") == ("second_awaited", None, "unjustified")
    assert stands(first, severity="critical")["counts_as"] is None


def test_two_reviewers_settle_it_when_they_agree_and_a_third_when_they_do_not():
    a, b = entry(1, "A", "justified"), entry(2, "B", "unjustified")
    assert status(a, entry(2, "B", "justified"), severity="critical") == ("reviewed", None, "justified")
    assert status(a, b, severity="critical") == ("disagreement", None, "unjustified")
    assert status(a, b, entry(3, "C", "justified"), severity="critical") == ("reviewed", None, "justified")
    assert status(a, b, entry(3, "C", "rule_error"), severity="critical")[0] == "disagreement"
    assert status(a, b, entry(3, "C", "justified"), entry(4, "D", "unjustified"), severity="critical")[0] == "disagreement"
    assert status(a, b, entry(3, "A", "unjustified"), severity="critical") == ("reviewed", None, "unjustified")


def test_both_reviewers_are_told():
    found = stands(entry(1, "A", "justified"), entry(2, "B", "unjustified"), severity="critical")
    assert [found[name] for name in ("first_reviewer", "first_disposition", "second_reviewer", "second_disposition")] == [
        *("A", "justified"),
        *("B", "unjustified"),
    ]


@pytest.mark.parametrize(("until", "expected"), [("2026-11-22", "reviewed"), ("2026-11-21", "reopened")])
def test_a_waiver_holds_until_its_last_day(until: str, expected: str):
    assert status(entry(1, "A", "justified", until))[0] == expected


def test_a_data_error_stands_until_the_next_run_still_finds_it():
    error = entry(5, "A", "data_error")
    assert status(error, before=4) == ("reviewed", None, "data_error")
    assert status(error, before=5) == ("reopened", "data_error_remains", "data_error")
    assert stands(error, before=5)["reopened_on"] == "2026-11-20"
    assert status(error, entry(6, "A", "justified"), before=5) == ("reviewed", None, "justified")
    assert status(error, entry(6, "A", "data_error"), before=5) == ("reviewed", None, "data_error")


def test_a_new_protocol_version_reopens_only_what_is_judged_differently():
    said = entry(1, "A", "justified")
    assert status(said, sha="11", before=1)[0] == "reviewed"
    assert status(said, sha="11", observed=0.36)[0] == "reviewed"
    assert status(said, sha="11", grade="material") == ("reopened", "verdict_changed", "justified")


def test_another_value_under_the_same_protocol_reopens():
    assert status(entry(1, "A", "justified"), observed=0.7) == ("reopened", "observed_changed", "justified")
    assert status(entry(1, "A", "justified"), observed=0.7, grade="material")[1] == "verdict_changed"


def test_of_two_reviewers_only_the_one_who_saw_the_old_value_is_asked_again():
    old, new = entry(1, "A", "justified"), entry(2, "B", "justified", grade="material", observed=0.7)
    assert status(old, new, severity="critical", grade="material", observed=0.7)[0] == "second_awaited"


@pytest.mark.parametrize(
    ("disposition", "counts_as"),
    [
        ("justified", "not_applicable"),
        ("data_error", "not_evaluable"),
        ("rule_error", "not_evaluable"),
        ("unjustified", None),
        ("cannot_determine", None),
    ],
)
def test_no_disposition_makes_a_finding_compliant(disposition: str, counts_as: str | None):
    assert stands(entry(1, "A", disposition))["counts_as"] == counts_as
    assert stands(entry(1, "A", disposition, "2026-01-01"))["counts_as"] is None


def test_only_a_later_run_closes_a_data_error():
    run = ThisRun("r", "00", {"r": 3}, [], TODAY)
    assert (no_finding([entry(3, "A", "data_error")], "compliant", run) or {})["status"] == "closed"
    assert (no_finding([entry(3, "A", "justified")], None, run) or {})["status"] == "gone"
    assert no_finding([entry(4, "A", "data_error")], "compliant", run) is None


def pairs(*counts: tuple[str, str, int]) -> list[list[Entry]]:
    return [[entry(1, "A", one), entry(2, "B", other)] for one, other, number in counts for _ in range(number)]


def test_kappa_is_cohens_and_only_from_thirty_on():
    # 20 + 15 agree of 50; by chance .5 * .6 + .5 * .4 = .5; (.7 - .5) / (1 - .5) = .4
    found = agreement(
        pairs(
            ("justified", "justified", 20),
            ("justified", "unjustified", 5),
            ("unjustified", "justified", 10),
            ("unjustified", "unjustified", 15),
        )
    )
    assert (found["n"], found["same"]) == (50, 35)
    assert found["kappa"] == pytest.approx(0.4)
    assert agreement(pairs(("justified", "justified", 28), ("unjustified", "justified", 1)))["kappa"] is None
    assert agreement(pairs(("justified", "justified", 29), ("unjustified", "justified", 1)))["kappa"] == pytest.approx(0.0)
    assert agreement(pairs(("justified", "justified", 40)))["kappa"] is None  # chance alone explains it


def test_agreement_is_between_first_words_of_two_people():
    changed = [entry(1, "A", "justified"), entry(2, "A", "unjustified"), entry(3, "B", "unjustified"), entry(4, "C", "justified")]
    assert agreement([changed, [entry(1, "A", "justified")]]) == {"n": 1, "same": 0, "kappa": None}
