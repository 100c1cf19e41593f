"""An import format of one's own: drafted from files, checked against an extract, and never guessing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from infusion_audit.cli import main
from infusion_audit.engine import connect
from infusion_audit.errors import UserError
from infusion_audit.load import load
from infusion_audit.sample import write_sample
from infusion_audit.source_check import check_source
from infusion_audit.source_draft import write_draft

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "first-report.md"
MAR = """MAR_ID,MRN,MAR Action,Taken Time,Dose,Dose Unit
1,P1,Given,2026-06-15T10:00:00,20,mg
2,P1,Given,2026-06-15T11:00:00,20,spoons
3,P2,bolus,2026-06-15T11:00:00Z,20,mg
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder of files in somebody's own columns."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "mar.csv").write_text(MAR)
    return folder


def column(found: dict[str, Any], table: str, name: str) -> dict[str, Any]:
    (of_table,) = [each for each in found["tables"] if each["table"] == table]
    (of_column,) = [each for each in of_table["columns"] if each["column"] == name]
    return of_column


def fill(draft: Path, code_map: str, **meanings: str) -> None:
    """Fill in a code map."""
    text = (draft / f"{code_map}.csv").read_text()
    for value, meaning in meanings.items():
        text = re.sub(rf"^{value},,", f"{value},{meaning},", text, flags=re.MULTILINE)
    (draft / f"{code_map}.csv").write_text(text)


def test_a_draft_runs_at_once_and_guesses_no_code(raw: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    told = write_draft(draft, [raw])
    assert "administration: from mar.csv" in told
    assert (draft / "administration_event.csv").read_text() == "value,meaning,rows\nGiven,,2\nbolus,bolus,1\n"
    event = column(check_source([raw], str(draft)), "administration", "event")
    assert event["values"] == {"different": 1, "words": [{"value": "bolus", "rows": 1}]}
    assert event["unreadable"]["unmapped"] == [{"value": "Given", "rows": 2}]


def test_a_column_may_be_called_anything(tmp_path: Path) -> None:
    """Also what a query about it would call its own columns."""
    file = tmp_path / "log.csv"
    file.write_text("mrn,value,rows,count\nP1,2,3,4\n")
    write_draft(tmp_path / "draft", [file])
    assert (tmp_path / "draft" / "source.toml").exists()


def test_what_was_found_and_why_stands_beside_every_column(raw: Path, tmp_path: Path) -> None:
    write_draft(tmp_path / "draft", [raw])
    sql = (tmp_path / "draft" / "administration.sql").read_text()
    assert 'v."taken time" as started_at -- a usual name for it, and its values are times' in sql.replace(", --", " --")
    assert "-- not found: encounter_id, order_id" in sql


def test_a_check_tells_units_zones_and_costs_and_no_identity(raw: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    write_draft(draft, [raw])
    fill(draft, "administration_event", Given="bolus")
    found = check_source([raw], str(draft))
    assert column(found, "administration", "dose_unit")["unknown_units"] == [{"value": "spoons", "rows": 1}]
    started = column(found, "administration", "started_at")
    assert (started["times"], started["without_zone"]) == (3, 2)
    assert column(found, "administration", "patient_id")["values"] == {"different": 2}
    assert not column(found, "administration", "rate")["mapped"]
    assert "KD-02" in column(found, "administration", "rate")["costs"]
    assert column(found, "administration", "performer_id")["costs"] == []
    observation = next(each for each in found["tables"] if each["table"] == "observation")
    assert "KM-01" in observation["costs"]
    (bolus_rule,) = [each for each in found["rules"] if each["rule"] == "KD-01"]
    assert bolus_rule["not_evaluable"] == found["sessions"] == 2
    assert bolus_rule["reasons"][0]["sentence"]
    assert "P1" not in json.dumps(found, default=str)


def test_times_that_are_not_iso_are_left_out_with_the_expression_that_reads_them(raw: Path, tmp_path: Path) -> None:
    (raw / "mar.csv").write_text(MAR.replace("2026-06-15T", "06/15/2026 ").replace("Z,", ","))
    write_draft(tmp_path / "draft", [raw])
    sql = (tmp_path / "draft" / "administration.sql").read_text()
    assert "null as started_at" in sql
    assert "like 99/99/9999 99:99:99" in sql
    shown = re.search(r"strftime\(.*?'%Y-%m-%dT%H:%M:%S'\)", sql)
    assert shown
    mended = sql.replace("null as started_at", shown[0].replace("%d/%m", "%m/%d") + " as started_at")
    (tmp_path / "draft" / "administration.sql").write_text(mended)
    assert column(check_source([raw], str(tmp_path / "draft")), "administration", "started_at")["times"] == 3


def test_excel_and_ndjson_are_drafted_too(raw: Path, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["MRN", "Gender", "DOB"], ["P1", "F", "1980-01-01"], ["P2", "male", "1970-01-01"]):
        book.active.append(row)
    book.save(raw / "demographics.xlsx")
    record = {"subject": {"mrn": "P1"}, "icd10": "F20.0", "code_type": "icd10cm", "tags": [{"x": 1}, {"y": None}]}
    (raw / "diagnoses.ndjson").write_text(json.dumps(record) + "\n")
    write_draft(tmp_path / "draft", [raw])
    found = check_source([raw], str(tmp_path / "draft"))
    assert column(found, "patient", "sex")["unreadable"]["unmapped"] == [{"value": "F", "rows": 1}]
    assert column(found, "condition", "code")["filled"] == 1


def test_a_draft_and_a_check_tell_of_sheets_that_are_not_read(raw: Path, tmp_path: Path) -> None:
    book = Workbook()
    for title in ("January", "February"):
        for row in (["MRN", "Gender"], [title, "F"]):
            (book[title] if title in book.sheetnames else book.create_sheet(title)).append(row)
    book.save(raw / "demographics.xlsx")
    with pytest.raises(
        UserError, match=r"demographics\.xlsx has several sheets with rows \(January, February\), and none is called demographics"
    ):
        write_draft(tmp_path / "draft", [raw])
    book["February"].title = "Demographics"
    book.save(raw / "demographics.xlsx")
    assert "demographics.xlsx: sheets with rows that are not read: January" in write_draft(tmp_path / "draft", [raw])
    found = check_source([raw], str(tmp_path / "draft"))
    assert {"topic": "sheet of a workbook that is not read", "value": "demographics.xlsx: January", "occurrences": 1} in found["notices"]


def test_files_of_one_kind_are_read_together_and_columns_named_like_a_kind_become_rows(raw: Path, tmp_path: Path) -> None:
    (raw / "mar.csv").rename(raw / "mar_2026-01.csv")
    (raw / "mar_2026-02.csv").write_text(MAR.replace("\n1,", "\n4,").replace("\n2,", "\n5,").replace("\n3,", "\n6,"))
    (raw / "vitals.csv").write_text("MRN,charttime,Weight,SpO2\nP1,2026-06-15T09:00:00,70,98\nP2,2026-06-15T09:00:00,,97\n")
    write_draft(tmp_path / "draft", [raw])
    found = check_source([raw], str(tmp_path / "draft"))
    assert [each["received"] for each in found["inputs"] if each["table"] == "administration"] == [3, 3]
    assert column(found, "observation", "kind")["values"]["words"] == [{"value": "spo2", "rows": 2}, {"value": "weight", "rows": 1}]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("mar.csv", "a;b\n1;2\n", "mar.csv has columns that are not separated by commas but by semicolons; save it as CSV with commas"),
        ("mar.csv", "Gr\u00f6\u00dfe,b\n1,2\n".encode("cp1252"), "mar.csv is not UTF-8 text; save it as UTF-8"),
        ("mar.csv", "", "mar.csv is empty"),
        ("x.ndjson", '{"a": 1}\n{"a"', "x.ndjson line 2 is not JSON"),
        ("x.ndjson", '{"resourceType": "Patient"}\n', "fhir-r4"),
        ("x.txt", "a", "no file that can be read"),
    ],
)
def test_files_that_cannot_be_drafted_are_told(tmp_path: Path, name: str, content: str | bytes, problem: str) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=problem):
        write_draft(tmp_path / "draft", [folder])


EPIC = """PAT_MRN_ID,PAT_ENC_CSN_ID,ORDER_MED_ID,LINE,TAKEN_TIME,MAR_ACTION_NAME,DISPLAY_NAME,SIG,DOSE_UNIT_NAME,ROUTE_NAME,WEIGHT,RASS
00471,9001,55,1,2026-06-15T10:00:00,Given,KETAMINE 10 MG/ML INJ,20,mg,IV,80,0
00471,9001,55,2,2026-06-15T11:00:00,Given,Ketamine,20,mg,IV,80,
"""


def test_a_wide_extract_gives_its_assessments_too_and_a_column_called_line_is_not_lost(tmp_path: Path) -> None:
    """The weight beside a dose may be the one that was typed into the pump: it is named, and not taken for measured."""
    (tmp_path / "epic.csv").write_text(EPIC)
    write_draft(tmp_path / "draft", [tmp_path / "epic.csv"])
    sql = (tmp_path / "draft" / "administration.sql").read_text()
    assert re.search(r"null as administration_id, -- NOT FOUND.*concat_ws", sql)
    (tmp_path / "draft" / "administration.sql").write_text(
        sql.replace("null as administration_id,", "concat_ws('-', v.order_med_id, v.own_line) as administration_id,")
    )
    fill(tmp_path / "draft", "administration_event", Given="bolus")
    found = check_source([tmp_path / "epic.csv"], str(tmp_path / "draft"))
    assert column(found, "administration", "administration_id")["filled"] == 2
    assert column(found, "observation", "kind")["values"]["words"] == [{"value": "rass", "rows": 1}]
    assert (found["sessions"], found["resembling"]) == (1, [{"value": "ketamine 10 mg/ml inj", "rows": 1}])
    fill(tmp_path / "draft", "administration_product", **{"KETAMINE 10 MG/ML INJ": "ketamine"})
    assert check_source([tmp_path / "epic.csv"], str(tmp_path / "draft"))["resembling"] == []


def test_a_column_called_like_the_place_of_a_row_is_read_by_another_name(raw: Path, tmp_path: Path) -> None:
    (raw / "mar.csv").write_text("FILE_ID,Line,own_line\nA,B,C\n")
    (raw / "more.ndjson").write_text('{"line": "D", "file_id": {"line": "E"}}\n')
    own = tmp_path / "own"
    own.mkdir()
    (own / "source.toml").write_text('[reads]\nmar = "mar.csv"\n[reads.more]\nfiles = "more.ndjson"\nshape = "more.json"\n')
    (own / "more.json").write_text('{"line": "text", "file_id": {"line": "text"}}')
    (own / "administration.sql").write_text(
        """select mar.file_id, mar.line, concat_ws('', own_own_file_id, own_own_line, mar.own_line, more.own_line, more.own_file_id.line)
            as administration_id, 'P' as patient_id, 'bolus' as event, '2026-06-15T10:00:00Z' as started_at
        from mar cross join more where more.line = 1"""
    )
    with connect() as connection:
        load(connection, [raw], source=str(own))
        assert connection.execute("select administration_id, line from administration").fetchall() == [("ABCDE", 2)]


def test_what_the_draft_could_not_see_or_take_is_told(tmp_path: Path) -> None:
    files = {
        "doses/sheet.csv": "MRN,Action,Date given,Dose\n1,Given,15.06.2026 10:00,20\n",
        "lines/mar.csv": MAR.replace("P2", "M\u00fcller").encode("cp1252"),
        "header/mar.csv": MAR.splitlines()[0] + "\n",
        "cdm/drugs.csv": "quantity,drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_datetime,drug_type_concept_id\n",
        "no_doses/people.csv": "MRN,Gender\n1,F\n",
    }
    told: dict[str, str] = {}
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        told[path.parent.name] = "\n".join(write_draft(tmp_path / f"draft_{path.parent.name}", [path.parent]))
    assert (
        "sheet.csv: is the nearest to doses given and does not look like it" in told["doses"]
        or "administration: from sheet.csv" in told["doses"]
    )
    assert "patient: no file looks like it" in told["doses"]
    assert "mar.csv: lines that are no records and are kept out: invalid_utf8 1; save it as UTF-8" in told["lines"]
    assert "mar.csv: has a header and no rows" in told["header"]
    assert "drugs.csv: has the columns of the OMOP table drug_exposure" in told["cdm"]
    assert "--source omop-5.4" in told["cdm"]
    assert "No file looks like doses given" in told["no_doses"]


def test_lines_that_are_no_records_are_in_the_answer_of_a_check(raw: Path, tmp_path: Path) -> None:
    write_draft(tmp_path / "draft", [raw])
    (raw / "mar.csv").write_bytes(MAR.replace("P2", "M\u00fcller").encode("cp1252"))
    assert "mar: 1 lines or rows kept out: invalid_utf8" in run("source", "check", str(tmp_path / "draft"), "--data", str(raw)).output


def test_a_format_that_gives_no_doses_is_refused_with_the_way_out(raw: Path, tmp_path: Path) -> None:
    write_draft(tmp_path / "draft", [raw])
    toml = (tmp_path / "draft" / "source.toml").read_text()
    (tmp_path / "draft" / "source.toml").write_text(toml.replace("[reads]", 'optional = ["mar"]\n[reads]'))
    (raw / "mar.csv").rename(raw / "other.csv")
    with pytest.raises(UserError, match=r"gives no administration without the file mar\.csv"):
        check_source([raw], str(tmp_path / "draft"))
    (tmp_path / "draft" / "administration.sql").rename(tmp_path / "draft" / "patient.sql")
    with pytest.raises(UserError, match=r"has no administration\.sql"):
        check_source([raw], str(tmp_path / "draft"))


def test_a_draft_never_replaces_files(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        write_draft(tmp_path, [raw])


def test_a_canonical_extract_is_checked_without_a_mapping(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", sessions=20, seed=1, months=1, faults=False)
    found = check_source([tmp_path / "sample"])
    assert found["sessions"] == 20
    assert all(each["mapped"] for table in found["tables"] for each in table["columns"] if each["required"])


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_the_page_from_your_ehr_to_the_first_report_says_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"(?:^`([\w/.-]+)`:\n\n)?```(\w+)\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    printed: list[str] = []
    for name, language, content in blocks:
        if language == "sh":
            result = run(*content.split()[1:])
            assert result.exit_code == 0, result.output
            printed.append(result.output)
        else:
            Path(name).parent.mkdir(exist_ok=True)
            if name.startswith("our-ehr"):  # the page shows the map as it was drafted, filled in
                assert [line.split(",")[::2] for line in Path(name).read_text().splitlines()] == [
                    line.split(",")[::2] for line in content.splitlines()
                ]
            Path(name).write_text(content)
    assert "administration: from mar.csv" in printed[0]
    assert "2 sessions" in printed[1]
    assert "without a meaning" not in printed[1]
    assert Path("audit/index.html").is_file()
    assert "General Hospital" in printed[3]
    assert "passed" in printed[2]
    assert run("loads", "remove", "1").exit_code == 0
    assert "General Hospital" not in run("loads", "list").output
