"""Exports: the same rows as the verdicts, nothing that runs as a formula, and dispositions that come back."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fhir.resources.R4B.measure import Measure
from fhir.resources.R4B.measurereport import MeasureReport

from infusion_audit import run as job
from infusion_audit.export_xlsx import write_workbook
from infusion_audit.exports import export_run
from infusion_audit.review import worklist, worklist_columns

from ..conftest import SAMPLE
from .conftest import call, query

PAYLOADS = (
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://x")',
    "<script>alert(1)</script>",
    "http://x.example",
    "x;=1+1",
    "x\t@SUM(A1)",
    "\uff1d1+1",
)


def hostile(folder: Path) -> Path:
    """Sessions whose patients, sites and rows are called what a spreadsheet would run."""
    folder.mkdir()
    with (folder / "administration.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["administration_id", "patient_id", "encounter_id", "order_id", "event", "started_at", "dose", "dose_unit"])
        for number, payload in enumerate(PAYLOADS, start=1):
            writer.writerow([f"{payload}A", f"{payload}P", f"E{number}", f"O{number}", "bolus", f"2026-10-0{number}T10:00:00Z", "90", "mg"])
        writer.writerow(["=1+1", "P", "E", "", "bolus", "=NOW()", "-5", "mg"])
    with (folder / "encounter.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["encounter_id", "patient_id", "site_id"])
        writer.writerows([f"E{number}", f"{payload}P", payload] for number, payload in enumerate(PAYLOADS, start=1))
    with (folder / "medication_order.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["order_id", "patient_id", "dosing_weight", "dosing_weight_unit"])
        writer.writerows([f"O{number}", f"{payload}P", "70", "kg"] for number, payload in enumerate(PAYLOADS, start=1))
    return folder


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose texts are payloads, with all its exports."""
    home = tmp_path_factory.mktemp("attacked")
    run = job.audit([hostile(home / "data")], home / "audit", gate=False)
    export_run(home / "audit", None, ["xlsx", "fhir"], None)
    return home / "audit" / "runs" / run["run_id"]


@pytest.fixture(scope="session")
def exported(audited: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported")
    export_run(audited, None, ["xlsx", "fhir"], out)
    return out


# ---------------------------------------------------------------- nothing runs


@pytest.mark.parametrize("name", ["findings.csv", "quarantine.csv"])
def test_no_cell_of_a_csv_file_begins_as_a_formula(attacked: Path, name: str) -> None:
    rows = list(csv.reader(io.StringIO((attacked / name).read_text("utf-8"), newline="")))
    assert len(rows) > 1
    numbers = re.compile(r"-?\d+(\.\d+)?")
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not numbers.fullmatch(cell)] == []
    assert any("'=" in cell for row in rows for cell in row)
    split = re.split(r"[;|\t\r\n]", (attacked / name).read_text("utf-8"))  # as a spreadsheet of another country splits the same file
    assert [cell for cell in split if cell.strip('"').startswith(("=", "+", "-", "@", "\uff1d"))] == []


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(attacked: Path) -> None:
    book = openpyxl.load_workbook(attacked / "findings.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)
    assert any(str(cell.value).startswith("'=cmd|") for cell in cells)
    with zipfile.ZipFile(attacked / "findings.xlsx") as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name or "vba" in name.lower()]
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


# ---------------------------------------------------------------- the workbook


def test_the_workbook_holds_the_rows_of_findings_csv(exported: Path, run_folder: Path) -> None:
    found = openpyxl.load_workbook(exported / "findings.xlsx")["Worklist"]
    head, *rows = ([cell.value for cell in row] for row in found.iter_rows())
    assert head == worklist_columns()
    with (run_folder / "findings.csv").open(encoding="utf-8", newline="") as opened:
        expected = list(csv.DictReader(opened))
    assert len(rows) == len(expected) == 14
    for row, wanted in zip((dict(zip(head, row, strict=True)) for row in rows), expected, strict=True):
        for name in ("finding_key", "rule_id", "patient_id", "detail", "evidence"):
            assert (row[name] or "") == wanted[name]
        observed = wanted["observed"]  # a contraindication is found, not measured
        assert row["observed"] == (pytest.approx(float(observed), rel=1e-14) if observed else None)
        assert row["session_started_at"] == datetime.strptime(wanted["session_started_at"], "%Y-%m-%dT%H:%M:%SZ")
        assert row["review_due"].date() == date.fromisoformat(wanted["review_due"])


def test_the_workbook_filters_freezes_its_header_and_checks_answers(exported: Path) -> None:
    sheet = openpyxl.load_workbook(exported / "findings.xlsx")["Worklist"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", sheet.dimensions)
    checks = {
        str(each.sqref).rstrip("0123456789").partition(":")[0].rstrip("0123456789"): each for each in sheet.data_validations.dataValidation
    }
    column = {cell.value: cell.column_letter for cell in sheet[1]}
    assert checks[column["disposition"]].formula1 == '"justified,unjustified,data_error,rule_error,cannot_determine"'
    assert {checks[column[name]].type for name in ("action_due", "action_date", "waived_until")} == {"date"}


def test_the_same_findings_make_the_same_bytes(audited: Path, exported: Path, tmp_path: Path) -> None:
    export_run(audited, None, ["xlsx", "fhir"], tmp_path)
    for file in exported.rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (tmp_path / file.relative_to(exported)).read_bytes(), file.name


def test_what_is_typed_into_the_workbook_comes_into_the_ledger(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "october.xlsx"
    assert call("review", "export", "--workspace", workspace, "--output", file).exit_code == 0
    book = openpyxl.load_workbook(file)
    sheet = book["Worklist"]
    column = {cell.value: cell.column for cell in sheet[1]}
    said: dict[int, dict[str, Any]] = {
        2: {"disposition": "justified", "reason": "- documented", "waived_until": date(2030, 3, 31), "reviewer": "B. Jones"},
        4: {
            "disposition": "Data error",
            "reason": "lb",
            "reviewed_at": datetime(2026, 11, 1, 14, 5),
            "action": "mend",
            "action_due": "2027-01-02",
        },
    }
    for number, answers in said.items():
        for name, value in answers.items():
            sheet.cell(number, column[name], value)
    book.save(file)
    result = call("review", "import", file, "--workspace", workspace, "--reviewer", "A. Smith")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("2 entries added")
    first, second = (json.loads(line)["statement"] for line in (workspace / "reviews.jsonl").read_text("utf-8").splitlines())
    assert (first["reviewer"], first["reason"], first["waived_until"]) == ("B. Jones", "- documented", "2030-03-31")
    assert (second["reviewer"], second["disposition"], second["reviewed_at"]) == ("A. Smith", "data_error", "2026-11-01T14:05")
    assert call("review", "import", file, "--workspace", workspace, "--reviewer", "A. Smith").stdout.startswith("0 entries added")


def test_a_formula_is_never_taken_for_an_answer(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "w.xlsx"
    call("review", "export", "--workspace", workspace, "--output", file)
    book = openpyxl.load_workbook(file)
    column = {cell.value: cell.column for cell in book["Worklist"][1]}
    for name in ("disposition", "reason", "reviewer"):
        book["Worklist"].cell(3, column[name], '="justified"')
    book.save(file)
    result = call("review", "import", file, "--workspace", workspace)
    assert result.exit_code == 2
    assert "line 3: holds a formula" in result.stderr
    assert not (workspace / "reviews.jsonl").exists()


def test_another_workbook_or_a_bomb_is_refused_in_plain_words(workspace: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    result = call("review", "import", tmp_path / "other.xlsx", "--workspace", workspace)
    assert (result.exit_code, 'has no sheet "Worklist"' in result.stderr) == (2, True)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(6):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 100_000_000)
    result = call("review", "import", tmp_path / "bomb.xlsx", "--workspace", workspace)
    assert (result.exit_code, "unpacked, it is larger than 512 MB" in result.stderr) == (2, True)


def test_a_workbook_of_reviews_is_never_replaced(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "w.xlsx"
    assert call("review", "export", "--workspace", workspace, "--output", file).exit_code == 0
    before = file.read_bytes()
    assert call("review", "export", "--workspace", workspace, "--output", file).exit_code == 2
    assert file.read_bytes() == before


def test_text_that_xml_or_a_cell_cannot_hold_is_marked_not_lost(workspace: Path, tmp_path: Path) -> None:
    rows = [row | {"detail": "a\x00b\x1f" + "x" * 40_000} for row in worklist(workspace)]
    write_workbook(tmp_path / "w.xlsx", rows)
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx")["Worklist"]
    detail = str(sheet.cell(2, worklist_columns().index("detail") + 1).value)
    assert detail.startswith("a\ufffdb\ufffdxxx")
    assert detail.endswith("... (cut off)")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine")
def test_libreoffice_reads_the_same_rows(exported: Path, run_folder: Path, tmp_path: Path) -> None:
    import subprocess

    command = ["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, str(exported / "findings.xlsx")], check=True, capture_output=True, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    )
    (made,) = tmp_path.glob("*.csv")
    keys = [row["finding_key"] for row in csv.DictReader(io.StringIO(made.read_text("utf-8"), newline=""))]
    assert keys == [row["finding_key"] for row in csv.DictReader(io.StringIO((run_folder / "findings.csv").read_text("utf-8"), newline=""))]


# ---------------------------------------------------------------- FHIR


def test_every_measure_and_report_is_valid_r4_and_counts_as_the_verdicts(exported: Path, run_folder: Path) -> None:
    counted = {(rule, verdict): n for rule, verdict, n in query(run_folder, "select rule_id, verdict, count(*) from verdict group by all")}
    rules = {rule for rule, _ in counted}
    assert {file.name for file in (exported / "fhir").iterdir()} == {
        f"{kind}-{rule}.json" for rule in rules for kind in ("Measure", "MeasureReport")
    }
    for rule in rules:
        measure = Measure.model_validate_json((exported / "fhir" / f"Measure-{rule}.json").read_text("utf-8"))
        text = (exported / "fhir" / f"MeasureReport-{rule}.json").read_text("utf-8")
        report = MeasureReport.model_validate_json(text)
        assert report.measure == f"{measure.url}|{measure.version}"
        (group,) = report.group
        numbers = {each.code.coding[0].code: each.count for each in group.population}
        n = {verdict: counted.get((rule, verdict), 0) for verdict in ("compliant", "violation", "not_applicable", "not_evaluable")}
        assert numbers["numerator"] == n["compliant"]
        assert numbers["denominator-exclusion"] == n["not_applicable"]
        assert numbers["denominator-exception"] == n["not_evaluable"]
        assert numbers["initial-population"] == numbers["denominator"] == sum(n.values())
        judged = numbers["denominator"] - numbers["denominator-exclusion"] - numbers["denominator-exception"]
        assert judged == n["compliant"] + n["violation"]
        if judged:
            assert float(group.measureScore.value) == pytest.approx(n["compliant"] / judged, abs=1e-6)
        assert [each.code.coding[0].code for each in measure.group[0].population] == list(numbers)


def test_a_measure_is_a_draft_until_somebody_approved_the_protocol(exported: Path) -> None:
    assert {json.loads(file.read_text("utf-8"))["status"] for file in (exported / "fhir").glob("Measure-*")} == {"draft"}


def test_a_run_without_sessions_still_makes_valid_reports(tmp_path: Path) -> None:
    job.audit([SAMPLE], tmp_path / "audit", period="2020", gate=False)
    export_run(tmp_path / "audit", None, ["fhir", "xlsx"], tmp_path / "out")
    report = MeasureReport.model_validate_json((tmp_path / "out" / "fhir" / "MeasureReport-KD-01.json").read_text("utf-8"))
    assert report.group[0].measureScore is None
    assert (str(report.period.start), str(report.period.end)) == ("2020-01-01", "2020-12-31")


# ---------------------------------------------------------------- PDF


def test_the_report_becomes_one_pdf(workspace: Path, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    result = call("export", "--to", "pdf", "--workspace", workspace, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    content = (tmp_path / "out" / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/JavaScript" not in content
    assert b"/Launch" not in content
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["report.pdf"]


def test_without_the_library_a_pdf_says_what_to_install(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    result = call("export", "--to", "pdf", "--to", "xlsx", "--workspace", workspace, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert 'pip install "infusion-audit[pdf]"' in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


# ---------------------------------------------------------------- where they lie


def test_exports_lie_in_the_run_and_go_when_it_is_rendered_again(workspace: Path) -> None:
    (folder,) = (workspace / "runs").glob("[!.]*")
    result = call("export", "--to", "xlsx", "--to", "fhir", "--workspace", workspace)
    assert result.stdout.split() == [str(folder / "findings.xlsx"), str(folder / "fhir")]
    assert call("export", "--to", "fhir", "--workspace", workspace).exit_code == 0  # replaces what is there
    assert call("report", "--workspace", workspace).exit_code == 0
    assert not (folder / "findings.xlsx").exists()
    assert not (folder / "fhir").exists()
