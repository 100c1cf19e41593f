"""An extract that cannot be used says what is wrong with it, all at once; one that can is matched by name, never by position."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from infusion_audit.errors import UserError
from infusion_audit.load import load

from .conftest import WEIGHT, Site, bolus, csv_text


def refused(site: Site) -> str:
    """The message with which a load is refused."""
    with pytest.raises(UserError) as caught:
        site.load()
    return str(caught.value)


def test_a_missing_folder_is_named(site: Site) -> None:
    with pytest.raises(UserError, match="nowhere: there is no such file or folder"):
        load(site.connection, [site.folder / "nowhere"])


def test_an_extract_needs_the_administration_table(site: Site) -> None:
    site.write("patient.csv", "patient_id\nP1\n")
    assert "the table administration is missing" in refused(site)


def test_a_nearly_right_name_is_not_ignored(site: Site) -> None:
    site.write("adminstration.csv", csv_text([bolus()]))
    assert refused(site) == 'adminstration.csv is not the name of a table; did you mean "administration.csv"?'


def test_a_nearly_right_name_of_an_optional_table_is_not_ignored_either(site: Site) -> None:
    site.give().write("conditions.csv", "patient_id\n")
    assert refused(site) == 'conditions.csv is not the name of a table; did you mean "condition.csv"?'


def test_other_files_are_ignored(site: Site) -> None:
    site.give()
    for name in ("expected.csv", "expected_optional.csv", "README.md", "notes.txt", ".hidden.csv", "administration_old.csv"):
        site.write(name, "x\n")
    assert [file.file for file in site.load().inputs] == ["administration.csv"]


def test_a_format_that_is_not_read_is_refused(site: Site) -> None:
    site.give().write("patient.xls", b"x")
    assert "patient.xls: .xls files are not read; write patient.csv" in refused(site)


def test_two_forms_of_one_table_are_refused(site: Site) -> None:
    site.give().write("administration.csv.gz", gzip.compress(csv_text([bolus()]).encode()))
    assert "administration.csv and administration.csv.gz both hold the table administration" in refused(site)


def test_all_problems_are_told_at_once(site: Site) -> None:
    site.write("administration.csv", "administration_id,patient_id,PATIENT_ID,event_type\n")
    site.write("patient.csv", b"")
    site.write("encounter.csv", "encounter\n")
    site.write("patients_old.parquet", b"PAR1")
    message = refused(site)
    assert "patient.csv is empty" in message

    site.write("patient.csv", "id\n")
    message = refused(site)
    for problem in (
        "administration.csv: the column patient_id appears 2 times",
        "administration.csv: the column event is missing",
        "administration.csv: the column started_at is missing",
        'encounter.csv: the column encounter_id is missing; is it the column "encounter"?',
        "patient.csv: the column patient_id is missing",
    ):
        assert problem in message


def test_a_file_of_other_separators_is_explained(site: Site) -> None:
    site.write("administration.csv", csv_text([bolus()]).replace(",", ";"))
    assert refused(site).startswith("administration.csv: the columns are not separated by commas but by semicolons; save it as CSV")


@pytest.mark.parametrize(
    ("content", "problem"),
    [("\ufeffa".encode("utf-16"), "is UTF-16 text"), (b"patient\xff,x\n", "is not UTF-8 text"), (b'"a,b\n', "unmatched quote")],
)
def test_an_unreadable_header_is_explained(site: Site, content: bytes, problem: str) -> None:
    site.write("administration.csv", content)
    assert problem in refused(site)


@pytest.mark.parametrize("name", ["administration.csv.gz", "administration.parquet"])
def test_a_damaged_file_is_named(site: Site, name: str) -> None:
    site.write(
        name, gzip.compress(csv_text([bolus(str(i)) for i in range(5000)]).encode())[:-200] if name.endswith("gz") else b"PAR1 nothing"
    )
    assert name in refused(site)


def test_links_devices_pipes_and_folders_are_refused(site: Site, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.csv"
    real.write_text(csv_text([bolus()]))
    (site.folder / "administration.csv").symlink_to(real)
    os.mkfifo(site.folder / "patient.csv")
    (site.folder / "encounter.csv").symlink_to("/dev/zero")
    (site.folder / "procedure.csv").mkdir()
    message = refused(site)
    assert "administration.csv is a symbolic link" in message
    assert "patient.csv is not a regular file" in message
    assert "encounter.csv is a symbolic link" in message
    assert "procedure.csv is a folder; a file of that name is read" in message


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_manifest_that_is_no_file_is_refused_unread(site: Site, kind: str) -> None:
    site.write("administration.csv", csv_text([bolus()]).encode())
    manifest = site.folder / "manifest.toml"
    manifest.unlink(missing_ok=True)
    match kind:
        case "link":
            manifest.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(manifest)
        case _:
            manifest.mkdir()
    assert "manifest.toml is" in refused(site)


def test_a_link_to_the_data_folder_is_followed(site: Site, tmp_path: Path) -> None:
    site.give()
    (tmp_path / "current").symlink_to(site.folder)
    assert load(site.connection, [tmp_path / "current"]).inputs[0].loaded == 1


def test_a_refused_extract_leaves_the_warehouse_as_it_was(site: Site) -> None:
    site.write("administration.csv", "x\n")
    refused(site)
    assert site.query("show tables") == []


def test_columns_are_matched_by_name_in_any_order_and_case(site: Site) -> None:
    site.write("administration.csv", "\ufeffDOSE,Started_At, event ,PATIENT_ID,administration_id\r\n7,2026-06-15T10:00:00Z,bolus,P1,A1\r\n")
    assert site.counts("administration") == (1, 1, 0, 0)
    assert site.query("select administration_id, patient_id, dose::varchar, line from administration") == [("A1", "P1", "7.000000000", 2)]


def test_unknown_columns_are_kept_out_and_named(site: Site) -> None:
    hostile = '"; DROP TABLE patient; --'
    site.write("administration.csv", csv_text([bolus(**{hostile: "x", "ssn": "y"})]))
    assert site.load().unknown_columns == {"administration.csv": [hostile, "ssn"]}
    assert site.query("select column_name from unknown_column") == [(hostile,), ("ssn",)]
    assert site.query("select count(*) from patient") == [(0,)]


def test_file_names_with_quotes_and_patterns_are_only_names(site: Site) -> None:
    for name in ("it's; drop table patient.csv", "part[1].csv", "part*.csv", "part?.csv", 'quo"te.csv'):
        site.write(f"administration/{name}", [bolus(name)])
    result = site.load()
    assert [file.loaded for file in result.inputs] == [1] * 5


def test_a_folder_of_parts_is_one_table(site: Site) -> None:
    site.write("administration/a.csv", [bolus("A1")])
    site.write("administration/b.csv.gz", gzip.compress(csv_text([bolus("A2"), bolus("A1")], list(reversed(bolus()))).encode()))
    site.connection.execute(
        f"""copy (
            select 'A3' as administration_id, 'P1' as patient_id, 'bolus' as event, timestamp '2026-06-15 10:00:00' as started_at
        ) to '{site.folder}/administration/c.parquet'"""
    )
    assert site.counts("administration") == (4, 3, 0, 1)
    assert site.query("select administration_id, line from administration order by all") == [("A1", 2), ("A2", 2), ("A3", 1)]


def test_single_files_are_an_extract_too(site: Site) -> None:
    site.give(observation=[WEIGHT])
    result = load(site.connection, [site.folder / "administration.csv", site.folder / "observation.csv"])
    assert [file.table for file in result.inputs] == ["administration", "observation"]


def test_a_header_without_rows_is_a_table_without_rows(site: Site) -> None:
    site.write("administration.csv", ",".join(bolus()) + "\n")
    assert site.counts("administration") == (0, 0, 0, 0)
    assert site.query("select table_name from coverage") == [("administration",)]


def test_a_manifest_covers_no_table_that_was_not_delivered(site: Site) -> None:
    site.give(administration=[bolus()])
    (site.folder / "manifest.toml").write_text('[[coverage]]\ntable = "observation"\n[[coverage]]\ntable = "administration"\n', "utf-8")
    site.counts("administration")
    assert site.query("select table_name from coverage") == [("administration",)]


def test_parquet_cells_are_taken_exactly(site: Site) -> None:
    site.connection.execute(
        f"""copy (select 'A' || i as administration_id, 'P1' as patient_id, 'bolus' as event,
        timestamptz '2026-06-15 10:00:00+02' as started_at, [0.1, 1e-5, 0.30000000000000004, 'nan', 1e300][i]::double as dose,
        24.50::decimal(9, 2) as rate, 0.1::float as volume_ml, 3::integer as delivered_count
        from range(1, 6) as r(i)) to '{site.folder}/administration.parquet' (format parquet)"""
    )
    assert site.counts("administration") == (5, 5, 0, 0)
    assert site.query(
        """select dose::varchar, rate::varchar, volume_ml::varchar, delivered_count::integer, started_at::varchar
        from administration order by administration_id"""
    ) == [(dose, "24.500000000", "0.100000000", 3, "2026-06-15 08:00:00") for dose in ("0.100000000", "0.000010000", None, None, None)]
    assert [row[4] for row in site.quarantine()] == ["too_many_digits", "not_a_number", "too_many_digits"]


def test_a_file_that_changes_while_it_is_read_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = site.give().folder / "administration.csv"
    from infusion_audit import staging

    scan = staging.scan

    def and_append(read: Path) -> object:
        found = scan(read)
        with path.open("a") as file:
            file.write("more")
        return found

    monkeypatch.setattr(staging, "scan", and_append)
    assert "changed while it was read" in refused(site)
