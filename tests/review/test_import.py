"""Dispositions come in whole or not at all, every problem is named with its line, and nothing is counted twice."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.ledger import Entry, read_ledger
from infusion_audit.workspace import Workspace
from tests.test_workspace import hold

from .conftest import Clinic

GOOD = {"patient": "P1", "disposition": "justified", "reason": "seen in the chart", "reviewer": "A. Smith"}


def entries(clinic: Clinic) -> list[Entry]:
    return read_ledger(Workspace(clinic.workspace)).entries


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))


def filled(file: Path, to: Path, patient: str, dialect: dict[str, Any] | None = None, **answers: str) -> Path:
    """A worklist with one row filled in, as a spreadsheet saves it."""
    rows = read(file)
    for row in rows:
        if row["patient_id"] == patient:
            row.update(answers)
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]), **(dialect or {}))
    writer.writeheader()
    writer.writerows(rows)
    to.write_bytes(b"\xef\xbb\xbf" + target.getvalue().encode())
    return to


def test_a_worklist_goes_out_empty_and_comes_back_filled_in(clinic: Clinic, tmp_path: Path) -> None:
    out = tmp_path / "worklist.csv"
    result = clinic.call("export", "--output", str(out))
    assert result.exit_code == 0, result.output
    rows = read(out)
    assert {row["finding_key"] for row in rows} == {row["finding_key"] for row in clinic.findings().values()}
    assert {row[name] for row in rows for name in ("disposition", "reason", "reviewer", "action", "waived_until")} == {""}
    answers = {"disposition": "Data error", "reason": "Typed in lb;\nsee note", "action": "Mend", "action_due": "2026-12-01", "owner": "IT"}
    for number, dialect in enumerate(({}, {"delimiter": ";"}, {"delimiter": "\t", "lineterminator": "\n"})):
        again = filled(out, tmp_path / f"{number}.csv", "P2", dialect, **answers)
        result = clinic.call("import", str(again), "--reviewer", "B. Jones")
        assert result.exit_code == 0, result.output
    (entry,) = entries(clinic)
    assert (entry.statement.disposition, entry.statement.reviewer, entry.statement.reason) == (
        "data_error",
        "B. Jones",
        "Typed in lb;\nsee note",
    )
    assert entry.finding.run_id == clinic.run_id


def test_an_export_never_replaces_a_file(clinic: Clinic, tmp_path: Path) -> None:
    out = tmp_path / "worklist.csv"
    out.write_text("dispositions", "utf-8")
    assert clinic.call("export", "--output", str(out)).exit_code == 2
    assert out.read_text("utf-8") == "dispositions"


def test_an_export_of_what_is_open_leaves_the_settled_out(clinic: Clinic, tmp_path: Path) -> None:
    clinic.say("P1", "justified")
    assert clinic.call("export", "--open", "--output", str(tmp_path / "o.csv")).exit_code == 0
    assert [row["patient_id"] for row in read(tmp_path / "o.csv")] == ["P2"]


def test_importing_a_file_twice_changes_nothing(clinic: Clinic) -> None:
    file = clinic.write(GOOD, GOOD | {"patient": "P2", "disposition": "unjustified"})
    assert "2 entries added" in clinic.call("import", str(file)).stdout
    before = clinic.ledger.read_bytes()
    assert "0 entries added (0 of them change an earlier one), 2 already in the ledger" in clinic.call("import", str(file)).stdout
    assert clinic.ledger.read_bytes() == before


def test_a_changed_disposition_is_a_new_entry_with_old_and_new_value(clinic: Clinic) -> None:
    clinic.say("P1", "justified", waived_until="2027-01-31")
    clinic.say("P1", "unjustified", reason="on reflection")
    first, second = entries(clinic)
    assert first.was is None
    assert second.was == {"disposition": "justified", "reason": "seen in the chart", "waived_until": "2027-01-31"}
    shown = clinic.call("list").stdout
    for words in ("A. Smith", "changed disposition: justified -> unjustified", "changed waived_until: 2027-01-31 -> nothing"):
        assert words in shown
    assert "reason: on reflection" in shown


def test_an_older_file_does_not_bring_back_what_was_replaced_since(clinic: Clinic) -> None:
    older = clinic.write(GOOD)
    clinic.call("import", str(older))
    clinic.say("P1", "unjustified")
    result = clinic.call("import", str(older))
    assert "Replaced by a later entry since, and left so: line 2" in result.stdout
    assert [entry.statement.disposition for entry in entries(clinic)] == ["justified", "unjustified"]
    clinic.say("P1", "justified", reviewed_at="2026-11-22")  # meant so, and dated
    assert [entry.statement.disposition for entry in entries(clinic)][-1] == "justified"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"disposition": "justifed"}, 'disposition "justifed" is unknown; did you mean "justified"'),
        ({"disposition": ""}, "disposition is missing"),
        ({"reason": ""}, "reason is missing"),
        ({"reason": "  "}, "reason is missing"),
        ({"reviewer": ""}, "reviewer is missing"),
        ({"reviewed_at": "22/11/2026"}, "reviewed_at must be a date or time"),
        ({"reviewed_at": "2026-02-30"}, "reviewed_at must be a date or time"),
        ({"waived_until": "2026-1-1"}, "waived_until must be a date"),
        ({"waived_until": "20261101"}, "waived_until must be a date"),
        ({"waived_until": "\u0662\u0660\u0662\u0666-\u0661\u0661-\u0660\u0661"}, "waived_until must be a date"),
        ({"action": "Mend", "action_due": "soon"}, "action_due must be a date"),
        ({"action_due": "2026-12-01"}, "action is missing"),
        ({"owner": "Pharmacy"}, "action is missing"),
        ({"reason": "x" * 10_000_000}, "reason has 10,000,000 characters"),
        ({"reviewer": "x" * 201}, "reviewer has 201 characters"),
        ({"reason": "\x1b[2J"}, "reason holds a control character"),
        ({"reason": "a\x00b"}, "reason holds a control character"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_no_row_is_imported(clinic: Clinic, change: dict[str, str], words: str) -> None:
    file = clinic.write(GOOD | {"patient": "P2"}, GOOD | change)
    result = clinic.call("import", str(file))
    assert result.exit_code == 2
    assert f"{file.name}, line 3: " in result.stderr
    assert words in result.stderr
    assert len(result.stderr) < 2000
    assert not clinic.ledger.exists()


def test_all_problems_of_a_file_are_named_at_once(clinic: Clinic) -> None:
    key = clinic.findings()["P1"]["finding_key"]
    rows: list[dict[str, str]] = [
        GOOD | {"reason": "two\nlines"},
        GOOD | {"disposition": "maybe", "reason": ""},
        {name: value for name, value in GOOD.items() if name != "patient"} | {"finding_key": "0" * 32},
        {name: value for name, value in GOOD.items() if name != "patient"} | {"finding_key": key[:-1]},
        GOOD | {"disposition": "unjustified"},
    ]
    result = clinic.call("import", str(clinic.write(*rows)))
    told = result.stderr.splitlines()
    assert [re.findall(r"reviewed1.csv, line (\d+): ", line) for line in told[:-1]] == [["4"], ["4"], ["5"], ["6"], ["7"]]
    assert 'line 4: disposition "maybe" is unknown' in result.stderr
    assert 'line 5: no run holds a finding "00000000000000000000000000000000"' in result.stderr
    assert f'did you mean "{key}"' in result.stderr
    assert "line 7: line 2 says something else about this finding by the same reviewer" in result.stderr
    assert "Nothing was imported" in told[-1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "column finding_key is missing"),
        (b"finding_key,dispositon,reason\n", 'unknown column "dispositon"; did you mean "disposition"'),
        (b"finding_key,disposition,reason,reason\n", "column reason stands twice"),
        (b"finding_key,disposition\n", "column reason is missing"),
        (b"finding_key,disposition,reason\nabc,justified\n", "line 2: has 2 cells, the header has 3"),
        (b'finding_key,disposition,reason\nabc,justified,"open\n', "cannot be read as CSV"),
        (b'finding_key,disposition,reason\nabc,justified,"a"b\n', "cannot be read as CSV"),
        (b"finding_key,disposition,reason\nabc,justified,\xff\n", "is not UTF-8 text"),
        ("finding_key,disposition,reason\n".encode("utf-16"), "is not UTF-8 text"),
        (b"PK\x03\x04\x00\x00", "cannot be read as a workbook"),
    ],
)
def test_a_malformed_file_is_refused_in_plain_words(clinic: Clinic, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(content)
    result = clinic.call("import", str(file))
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not clinic.ledger.exists()


def test_findings_csv_itself_is_not_taken_for_a_worklist(clinic: Clinic) -> None:
    result = clinic.call("import", str(clinic.workspace / "runs" / clinic.run_id / "findings.csv"))
    assert result.exit_code == 2
    assert "review export" in result.stderr


def test_a_file_far_too_large_is_refused_before_it_is_read(clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as opened:
        opened.truncate(65 * 1024 * 1024)
    assert "larger than 64 MB" in clinic.call("import", str(file)).stderr


def test_a_reason_that_looks_like_a_formula_goes_round_unharmed(clinic: Clinic, tmp_path: Path) -> None:
    clinic.say("P1", "justified", reason='\'=HYPERLINK("http://x")', reviewer="'@smith")
    (entry,) = entries(clinic)
    assert entry.statement.reason == '=HYPERLINK("http://x")'
    assert entry.statement.reviewer == "@smith"
    clinic.state("P1")
    row = clinic.findings()["P1"]
    assert (row["review_reason"], row["reviewer"]) == ('\'=HYPERLINK("http://x")', "'@smith")
    out = tmp_path / "w.csv"
    clinic.call("export", "--output", str(out))
    told = {each["patient_id"]: each for each in read(out)}["P1"]
    clinic.say("P1", "justified", reason=told["current_reason"], reviewer=told["current_reviewer"])
    assert len(entries(clinic)) == 1


def test_an_import_waits_for_nobody_while_a_run_holds_the_workspace(clinic: Clinic) -> None:
    file = clinic.write(GOOD)
    with hold(clinic.workspace) as holder:
        result = clinic.call("import", str(file))
        holder.kill()
    assert result.exit_code == 5
    assert not clinic.ledger.exists()
    assert clinic.call("import", str(file)).exit_code == 0


def test_a_workspace_without_a_run_has_nothing_to_review(clinic: Clinic, tmp_path: Path) -> None:
    clinic_without = Clinic(tmp_path / "other")
    file = clinic.write(GOOD)
    for words in (["import", str(file)], ["export"]):
        assert "holds no run" in clinic_without.call(*words).stderr
    assert not clinic_without.workspace.exists()
