"""Dispositions on the report: beside the verdicts, never instead of them, raw and after review."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from infusion_audit import review_state, review_tables
from infusion_audit import run as job
from infusion_audit.review import worklist
from tests.reports.inspection import Page

from .conftest import DOSES, Clinic, protocol_file

PAYLOAD = '<script>alert(1)</script>"><img src=x onerror=alert(2)></style>{{ 7 * 7 }}'
CRITICAL = '[rules.KD-01]\nenabled = true\nseverity = "major" => [rules.KD-01]\nenabled = true\nseverity = "critical"'


def text(clinic: Clinic, name: str) -> str:
    return Page.read(clinic.workspace / "runs" / clinic.run_id / f"{name}.html").text


def day(monkeypatch: pytest.MonkeyPatch, iso: str) -> None:
    monkeypatch.setattr(review_tables, "today", lambda: date.fromisoformat(iso))


def test_a_disposition_never_changes_a_verdict(clinic: Clinic) -> None:
    before = clinic.workspace / "runs" / clinic.run_id / "verdicts.parquet"
    verdicts, manifest = before.read_bytes(), json.loads((before.parent / "run.json").read_text("utf-8"))
    clinic.say("P1", "rule_error")
    job.render_again(clinic.workspace, clinic.run_id)
    assert before.read_bytes() == verdicts
    run = clinic.audit()
    assert run["verdicts"] == manifest["verdicts"]
    contract = [name for name in clinic.findings()["P1"] if name != "run_id"][:19]
    assert contract[0] == "finding_key"
    assert contract[-1] == "evidence"


def test_rates_are_shown_raw_and_after_review(clinic: Clinic) -> None:
    clinic.say("P1", "justified")
    clinic.say("P2", "unjustified")
    clinic.audit()
    # raw 1 of 3; the exception leaves the denominator and is not added to what is met
    assert "KD-01 2 1 0 33.3 % 6.1 to 79.2 %, n = 3 50.0 % 9.5 to 90.5 %, n = 2" in text(clinic, "review").replace("\u00a0", " ")
    summary = text(clinic, "index").replace("\u00a0", " ")
    assert "33.3 % of sessions met every judged protocol statement" in summary
    # KD-07 of the session is met, and KD-01 counts as not applicable there
    assert "After review: 66.7 % (2 of 3; 1 with a finding)" in summary
    assert "Rate after review" in text(clinic, "scorecard")


def test_a_wrong_record_leaves_its_session_undecided_not_compliant(clinic: Clinic) -> None:
    clinic.say("P1", "data_error")
    job.render_again(clinic.workspace, clinic.run_id)
    assert "After review: 33.3 % (1 of 3; 1 with a finding)" in text(clinic, "index").replace("\u00a0", " ")


def test_nothing_is_said_after_review_when_no_review_takes_a_finding_out(clinic: Clinic) -> None:
    clinic.say("P1", "unjustified")
    job.render_again(clinic.workspace, clinic.run_id)
    assert "After review" not in text(clinic, "index")
    assert "Rate after review" not in text(clinic, "scorecard")


def test_a_finding_already_reviewed_is_not_raised_as_new_again(clinic: Clinic) -> None:
    clinic.say("P1", "justified")
    clinic.audit(DOSES | {"P4": "50"})
    assert {patient: row["review_status"] for patient, row in clinic.findings().items()} == {"P1": "reviewed", "P2": "open", "P4": "open"}
    assert "1 of 3 findings reviewed" in text(clinic, "index")


def test_a_data_error_closes_when_the_corrected_source_makes_it_vanish_and_not_before(clinic: Clinic) -> None:
    clinic.say("P1", "data_error")
    assert clinic.state("P1") == ("reviewed", "", "data_error")
    clinic.audit()
    assert clinic.state("P1") == ("reopened", "data_error_remains", "data_error")
    assert "called a data_error, and a later run still finds it" in text(clinic, "findings")
    assert "1 open again" in text(clinic, "index")
    clinic.audit(DOSES | {"P1": "14"})
    assert "P1" not in clinic.findings()
    assert "Closed: corrected, no longer found Meets the statement" in text(clinic, "review")
    assert "1 closed: corrected at the source" in text(clinic, "index")


def test_a_corrected_source_that_still_violates_reopens(clinic: Clinic) -> None:
    clinic.say("P1", "justified")
    clinic.audit(DOSES | {"P1": "35"})
    assert clinic.state("P1") == ("reopened", "observed_changed", "justified")


def test_a_new_protocol_version_reopens_only_findings_whose_verdict_changes(clinic: Clinic) -> None:
    clinic.say("P1", "justified")
    clinic.say("P2", "justified")
    # 28 mg / 70 kg = 0.4: material against 0.35, marginal against 0.395; 40 mg stays material
    stricter = protocol_file(
        clinic.folder,
        a="limit = 0.35 => limit = 0.395",
        b='source = "seed" => source = "site_policy"',
        c='quote = "<0.35 mg/kg" => quote = "<0.395 mg/kg"',
    )
    run = clinic.audit(protocol=str(stricter))
    assert run["verdicts"]["KD-01"]["violation"] == 2
    assert clinic.state("P1") == ("reviewed", "", "justified")
    assert clinic.state("P2") == ("reopened", "verdict_changed", "justified")


def test_a_waiver_is_always_visible_and_ends(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.say("P1", "justified", waived_until="2026-12-31")
    day(monkeypatch, "2026-12-31")
    assert clinic.state("P1") == ("reviewed", "", "justified")
    assert "waiver until 2026-12-31" in text(clinic, "findings")
    assert "1 waiver in force" in text(clinic, "index")
    day(monkeypatch, "2027-01-01")
    assert clinic.state("P1") == ("reopened", "waiver_expired", "justified")
    assert "waiver until 2026-12-31 (ended)" in text(clinic, "findings")
    assert "0 waivers in force, 1 ended" in text(clinic, "index")
    assert "After review" not in text(clinic, "index")


def test_overdue_reviews_and_actions_are_on_the_first_page(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.say("P1", "unjustified", action="Change the order set", action_due="2026-12-01", owner="Pharmacy")
    due = date.fromisoformat(clinic.findings()["P2"]["review_due"])
    first = date.fromisoformat(f"{clinic.run_id[:4]}-{clinic.run_id[4:6]}-{clinic.run_id[6:8]}")
    assert (due - first).days == 30
    day(monkeypatch, due.isoformat())
    assert clinic.state("P2")[0] == "open"
    assert "review overdue" not in text(clinic, "index")
    day(monkeypatch, "2099-01-01")
    clinic.state("P2")
    assert "1 review overdue" in text(clinic, "index")
    assert "1 action overdue" in text(clinic, "index")
    listed = clinic.call("list", "--overdue").stdout
    assert "2 overdue" in listed
    assert "Pharmacy" in listed
    change = {"action": "Change the order set", "action_due": "2026-12-01", "owner": "Pharmacy"}
    clinic.say("P1", "unjustified", **change, action_date="2199-11-30")
    clinic.state("P1")
    assert "1 action overdue" in text(clinic, "index")
    clinic.say("P1", "unjustified", **change, action_date="2026-11-30")
    clinic.state("P1")
    assert "action overdue" not in text(clinic, "index")
    assert "done 2026-11-30" in text(clinic, "findings")


def test_the_days_until_overdue_are_the_protocols_and_count_from_the_first_run_with_the_finding(clinic: Clinic) -> None:
    first = date.fromisoformat(f"{clinic.run_id[:4]}-{clinic.run_id[4:6]}-{clinic.run_id[6:8]}")
    quick = protocol_file(clinic.folder, a="major_d = 30 => major_d = 3")
    clinic.audit(protocol=str(quick))
    due = date.fromisoformat(clinic.findings()["P2"]["review_due"])
    assert (due - first).days == 3
    assert "days until the review of a major finding is overdue" in text(clinic, "methods")


def test_two_reviewers_of_a_critical_finding_are_both_visible(clinic: Clinic, tmp_path: Path) -> None:
    clinic.audit(protocol=str(protocol_file(clinic.folder, a=CRITICAL)))
    clinic.say("P1", "justified", reviewed_at="2026-11-20")
    assert clinic.state("P1")[0] == "second_awaited"
    assert "Awaits second reviewer" in text(clinic, "findings")
    assert "first reviewer: justified, A. Smith, 2026-11-20" in text(clinic, "findings")
    assert "After review" not in text(clinic, "index")
    clinic.call("export", "--output", str(tmp_path / "w.csv"))
    assert "A. Smith" not in (tmp_path / "w.csv").read_text("utf-8")  # the second reviewer is not led
    clinic.say("P1", "unjustified", reviewer="B. Jones", reviewed_at="2026-11-21")
    assert clinic.state("P1")[0] == "disagreement"
    clinic.say("P1", "justified", reviewer="B. Jones", reviewed_at="2026-11-22")
    assert clinic.state("P1") == ("reviewed", "", "justified")
    assert "second reviewer: justified, B. Jones, 2026-11-22" in text(clinic, "findings")
    assert "said the same of 0 of 1 finding " in text(clinic, "review")
    assert "Below 30 no kappa is given." in text(clinic, "review")


def test_hostile_text_of_a_reviewer_is_shown_and_does_nothing(clinic: Clinic) -> None:
    clinic.say("P1", "justified", reviewer=PAYLOAD, reason=PAYLOAD, action=PAYLOAD, owner=PAYLOAD, waived_until="2099-01-01")
    job.render_again(clinic.workspace, clinic.run_id)
    for name in ("index", "findings", "review", "scorecard"):
        page = Page.read(clinic.workspace / "runs" / clinic.run_id / f"{name}.html")
        assert not {"script", "img"} & {tag for tag, _ in page.elements}
        assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    assert PAYLOAD in text(clinic, "findings")


def test_two_runs_on_the_same_input_and_ledger_are_identical(clinic: Clinic) -> None:
    clinic.say("P1", "justified", waived_until="2099-01-01")
    first, second = clinic.audit()["run_id"], clinic.audit()["run_id"]
    for name in ("index", "findings", "review", "scorecard"):
        one, other = (re.sub(r'<dl class="stamp">.*?</dl>', "", clinic.page(name, run)) for run in (first, second))
        assert one.replace(first, "") == other.replace(second, ""), name
    assert clinic.findings(first)["P1"] | {"run_id": ""} == clinic.findings(second)["P1"] | {"run_id": ""}


def test_a_stored_run_is_rendered_with_the_ledger_as_it_stands(clinic: Clinic) -> None:
    first = clinic.run_id
    clinic.audit()
    clinic.say("P2", "cannot_determine")
    assert clinic.state("P2", first) == ("reviewed", "", "cannot_determine")
    manifest = json.loads((clinic.workspace / "runs" / first / "run.json").read_text("utf-8"))
    assert manifest["review"]["entries"] == 0  # what the run remembers of the ledger is not rewritten


def test_the_manifest_counts_reviews_for_scripts(clinic: Clinic) -> None:
    clinic.say("P1", "justified")
    review = clinic.audit()["review"]
    assert review["findings"] == {"open": 1, "reopened": 0, "second_awaited": 0, "disagreement": 0, "reviewed": 1}
    assert review["entries"] == 1
    assert len(review["head"]) == 64


def test_a_session_outside_the_period_is_neither_closed_nor_gone(clinic: Clinic) -> None:
    clinic.say("P1", "data_error")
    clinic.audit(DOSES | {"P1": "14"}, period="2026-10-02..2026-10-31")
    assert "no longer found" not in text(clinic, "review")


def test_the_sample_goes_to_a_second_reviewer_without_the_first_answer(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_state, "SAMPLE_PERCENT", 100)
    assert worklist(clinic.workspace, second_sample=True) == []
    clinic.say("P1", "justified", reason="told to nobody")
    (row,) = worklist(clinic.workspace, second_sample=True)
    assert (row["patient_id"], row["review_status"]) == ("P1", "reviewed")
    assert "told to nobody" not in str(row)
    assert row["current_disposition"] is row["current_reviewer"] is None
    clinic.say("P1", "unjustified", reviewer="B. Jones")
    assert worklist(clinic.workspace, second_sample=True) == []
    assert clinic.state("P1")[0] == "disagreement"
    assert "Sample for a second review: of 2 findings (one in ten, told by their keys), 1 have a reviewer and 1 have two." in text(
        clinic, "review"
    )
