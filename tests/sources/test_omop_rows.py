"""OMOP CDM 5.4, by a hospital small enough to read: what every kind of row becomes, and what happens to files that cannot be read."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.errors import UserError
from infusion_audit.load import LoadResult, load

from ..support.product import command
from .conftest import reconstruct
from .omop import told, told_by

Row = dict[str, str]
PAGE = Path(__file__).parents[2] / "docs" / "sources" / "omop-5.4.md"
EXPOSURE: Row = {
    "drug_exposure_id": "1",
    "person_id": "7",
    "drug_concept_id": "785649",
    "drug_exposure_start_datetime": "2026-06-15 10:00:00",
    "drug_exposure_end_datetime": "2026-06-15 10:00:00",
    "drug_type_concept_id": "32818",
    "quantity": "20",
    "dose_unit_source_value": "mg",
    "sig": "",
    "stop_reason": "",
    "route_concept_id": "4171047",
    "route_source_value": "",
    "drug_source_value": "",
}


def exposure(**cells: str) -> Row:
    return {**EXPOSURE, **cells}


class Hospital:
    """A folder of OMOP files and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.connection = folder, connect()
        folder.mkdir()
        self.give(person=[{"person_id": "7", "birth_datetime": "1970-01-02 00:00:00", "gender_concept_id": "8532"}])

    def give(self, **tables: list[Row]) -> Hospital:
        for table, rows in tables.items():
            names = list(dict.fromkeys(name for row in rows for name in row))
            with (self.folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as target:
                writer = csv.DictWriter(target, names, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return self

    def write(self, name: str, content: str | bytes) -> Hospital:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self, source: str = "omop-5.4") -> LoadResult:
        return load(self.connection, [self.folder], source=source)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def given(self, **cells: str) -> list[tuple[Any, ...]]:
        """What becomes of one drug exposure."""
        self.give(drug_exposure=[exposure(**cells)]).load()
        return self.rows(
            """select
                event, product, route, dose::double, dose_unit, rate::double, rate_unit,
                date_diff('minute', started_at, stopped_at), status
            from administration order by line, event desc"""
        )

    def kept_out(self) -> list[tuple[Any, ...]]:
        return self.rows("select table_name, line, reason from quarantine where scope = 'row' order by all")


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital(tmp_path / "cdm")


ELEVEN = {"drug_exposure_end_datetime": "2026-06-15 11:00:00"}
INFUSED = ("infusion", "ketamine", "iv", None, None, 35.0, "mg/h", 60, "completed")


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ({}, [("bolus", "ketamine", "iv", 20.0, "mg", None, None, None, "completed")]),
        ({**ELEVEN, "quantity": "35", "dose_unit_source_value": "mg/h"}, [INFUSED]),
        ({**ELEVEN, "quantity": "", "sig": "35 mg/h"}, [INFUSED]),
        ({**ELEVEN, "quantity": "", "sig": "event=infusion; rate=35 mg/h"}, [INFUSED]),
        ({**ELEVEN, "sig": "event=infusion; rate=35 mg/h", "quantity": "35"}, [INFUSED]),
        (
            {**ELEVEN, "quantity": "35"},
            [
                ("infusion", "ketamine", "iv", None, None, None, None, 60, "completed"),
                ("infused_total", "ketamine", "iv", 35.0, "mg", None, None, None, "completed"),
            ],
        ),
        ({"quantity": "35", "dose_unit_source_value": "mg/h"}, [(*INFUSED[:7], None, "completed")]),
        ({"stop_reason": "not given"}, [("bolus", "ketamine", "iv", 20.0, "mg", None, None, None, "not_given")]),
        ({"stop_reason": "gone home"}, [("bolus", "ketamine", "iv", 20.0, "mg", None, None, None, None)]),
        (
            {"route_concept_id": "0", "route_source_value": "gtube"},
            [("bolus", "ketamine", None, 20.0, "mg", None, None, None, "completed")],
        ),
        (
            {"drug_exposure_end_datetime": "", "drug_exposure_end_date": "2026-06-16"},
            [("infusion", "ketamine", "iv", None, None, None, None, None, "completed")],
        ),
        ({"sig": "prime"}, [("prime", "ketamine", "iv", 20.0, "mg", None, None, None, "completed")]),
    ],
    ids=[
        "a quantity at a time is a push",
        "a quantity in a unit of a rate is one",
        "a sig that is a rate is one",
        "facts in sig",
        "a rate and the amount it gives agree",
        "an amount over a time is a total of an unknown rate",
        "a rate that ends when it starts has an unknown end",
        "a reason that means not given",
        "an unknown reason leaves open whether it was given",
        "an unknown route is none",
        "an amount that ends on a later day has an unknown rate and end",
        "a sig of the map",
    ],
)
def test_how_an_infusion_is_read(hospital: Hospital, cells: Mapping[str, str], rows: list[tuple[Any, ...]]):
    assert hospital.given(**cells) == rows


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"drug_concept_id": "753626", "drug_source_value": "ketamine"}, "product_contradictory"),
        ({"drug_concept_id": "0", "drug_source_value": "KETAMINE 50 mg/mL vial"}, "product_not_mapped"),
        ({"drug_type_concept_id": "32817"}, "drug_type_not_mapped"),
        ({**ELEVEN, "quantity": "70", "sig": "rate=35 mg/h"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "200000", "dose_unit_source_value": "ug", "sig": "10 mg/h"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "200000", "dose_unit_source_value": "µg", "sig": "10 mg/h"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "2.5", "dose_unit_source_value": "mg/kg", "sig": "rate=2 mcg/kg/min"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "200", "sig": "rate=0.1 mg/kg/h; pump_weight=80 kg"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "100", "dose_unit_source_value": "mL", "sig": "rate=5 mL/h"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "200", "sig": "rate=5 mL/h; concentration=2000 mcg/mL"}, "dose_contradicts_rate"),
        ({**ELEVEN, "quantity": "40", "dose_unit_source_value": "mg/h", "sig": "rate=35 mg/h"}, "two_rates"),
        ({"sig": "event=bolus; event=prime"}, "sig_says_twice"),
        ({"sig": "event=blous"}, "not_allowed"),
        ({"drug_exposure_start_datetime": "", "drug_exposure_start_date": "2026-06-15"}, "not_a_time"),
    ],
)
def test_what_contradicts_itself_or_may_be_a_dose_is_kept_out_and_counts_as_lost(hospital: Hospital, cells: Mapping[str, str], reason: str):
    good = exposure(drug_exposure_id="2", drug_exposure_start_date="2026-06-15")
    hospital.give(drug_exposure=[good, exposure(**cells)]).load()
    assert hospital.kept_out() == [("administration", 3, reason)]
    assert hospital.rows("select patient_id from quarantine where scope = 'row'") == [("7",)]


@pytest.mark.parametrize(
    ("quantity", "unit", "sig"),
    [
        ("10000", "ug", "10 mg/h"),
        ("8", "mg", "rate=0.1 mg/kg/h; pump_weight=80 kg"),
        ("0.12", "mg/kg", "rate=2 mcg/kg/min"),
        ("5", "mL", "rate=10 mg/h; concentration=2 mg/mL"),
    ],
)
def test_an_amount_that_is_what_its_rate_gives_is_loaded_in_any_unit(hospital: Hospital, quantity: str, unit: str, sig: str):
    (row,) = hospital.given(**ELEVEN, quantity=quantity, dose_unit_source_value=unit, sig=sig)
    assert row[:2] == ("infusion", "ketamine")


def test_an_amount_that_cannot_be_compared_with_its_rate_is_told(hospital: Hospital):
    hospital.give(drug_exposure=[exposure(**ELEVEN, quantity="200", sig="rate=0.1 mg/kg/h", drug_source_value="ketamine")])
    assert ("amount beside a rate, and nothing says how the two compare", "ketamine", 1) in hospital.load().notices


def strength(drug: str, *ingredients: str) -> list[Row]:
    return [{"drug_concept_id": drug, "ingredient_concept_id": each} for each in ingredients]


@pytest.mark.parametrize(
    ("cells", "product"),
    [
        ({"drug_source_value": "Propofol 1 %"}, "ketamine or propofol"),
        ({"drug_source_value": "Spravato (esketamine) 28 mg"}, "esketamine or ketamine"),
        ({"drug_concept_id": "0", "drug_source_value": "Ketamine-Midazolam 50/5 mg"}, "ketamine or midazolam"),
        ({"drug_concept_id": "0", "drug_source_value": "Esketamine and ketamine"}, "esketamine or ketamine"),
        ({"drug_concept_id": "0", "drug_source_value": "S-esketamine 25 mg"}, "esketamine"),
        ({"drug_concept_id": "41000001"}, "dexmedetomidine or fentanyl or ketamine"),
        ({"drug_concept_id": "41000002"}, "ketamine"),
        ({"drug_concept_id": "41000001", "drug_source_value": "ketamine"}, "dexmedetomidine or fentanyl or ketamine"),
    ],
)
def test_a_drug_that_may_be_several_products_is_lost_for_each_of_them(hospital: Hospital, cells: Mapping[str, str], product: str):
    hospital.give(
        drug_strength=[*strength("41000001", "785649", "1154029", "19061088"), *strength("41000002", "785649", "999")],
        measurement=[measured()],
        drug_exposure=[exposure(drug_exposure_id="2"), exposure(**cells)],
    ).load()
    assert hospital.rows("select product from quarantine where scope = 'row'") == [(product,)]
    reconstruct(hospital.connection, Path("protocols/ketamine-chronic-pain.toml"), "KD-07")
    expected = ("compliant", "within_limit") if product == "esketamine" else ("not_evaluable", "row_kept_out")
    assert hospital.rows("select verdict, reason from verdict where rule_id = 'KD-07'") == [expected]


def test_a_site_says_what_a_name_means_that_holds_other_names(hospital: Hospital, tmp_path: Path):
    own = tmp_path / "ours"
    own.mkdir()
    (own / "source.toml").write_text(
        '[source]\nextends = "omop-5.4"\n[maps]\nproduct_code = {file = "product.csv", key = ["vocabulary", "code"]}\n'
    )
    (own / "product.csv").write_text("vocabulary,code,product\nsource,Ketamine (propofol room),ketamine\n")
    hospital.give(drug_exposure=[exposure(drug_source_value="KETAMINE (Propofol room)")]).load(str(own))
    assert hospital.rows("select product from administration") == [("ketamine",)]


def test_an_event_or_kind_that_cannot_be_told_may_be_any(hospital: Hospital):
    asked = {"person_id": "7", "observation_concept_id": "3006923", "observation_datetime": "2026-06-15 09:00:00"}
    hospital.give(
        drug_exposure=[exposure(drug_exposure_id="2"), exposure(sig="event=prime; event=bolus")],
        measurement=[
            measured(measurement_concept_id="3006923", measurement_source_value="hCG", value_as_number="", value_as_concept_id="9191")
        ],
        observation=[{**asked, "observation_source_value": "hCG", "value_as_concept_id": "9191"}],
    ).load()
    assert hospital.rows("select table_name, event, reason from quarantine where scope = 'row' order by all") == [
        ("administration", None, "sig_says_twice"),
        ("observation", None, "codes_contradict"),
        ("observation", None, "codes_contradict"),
    ]


def test_a_clinical_drug_is_its_ingredient_and_its_strength_reads_a_push_in_ml_but_never_an_infusion(hospital: Hospital):
    hospital.give(
        drug_strength=[
            {
                "drug_concept_id": "40220386",
                "ingredient_concept_id": "785649",
                "numerator_value": "500",
                "numerator_unit_concept_id": "8576",
                "denominator_value": "10",
                "denominator_unit_concept_id": "8587",
            }
        ],
        drug_exposure=[
            exposure(drug_concept_id="40220386", quantity="0.4", dose_unit_source_value="mL"),
            exposure(drug_exposure_id="2", drug_concept_id="40220386", quantity="14", dose_unit_source_value="mL/h", **ELEVEN),
        ],
    ).load()
    assert hospital.rows("select event, product, concentration::double, concentration_unit from administration order by line") == [
        ("bolus", "ketamine", 50.0, "mg/mL"),
        ("infusion", "ketamine", None, None),
    ]


def test_the_concept_table_translates_local_concepts(hospital: Hospital):
    concept = {"concept_id": "2000000011", "concept_name": "ketamine", "vocabulary_id": "RxNorm", "concept_code": "6130"}
    code = {"concept_id": "45591453", "concept_name": "x", "vocabulary_id": "ICD10CM", "concept_code": "F20.9"}
    hospital.give(
        concept=[concept, code],
        drug_exposure=[exposure(drug_concept_id="2000000011")],
        condition_occurrence=[
            {
                "person_id": "7",
                "condition_concept_id": "435783",
                "condition_source_concept_id": "45591453",
                "condition_start_date": "2026-06-01",
            },
            {"person_id": "7", "condition_concept_id": "0", "condition_source_value": "ICD10CM:I10"},
            {"person_id": "7", "condition_concept_id": "0", "condition_source_value": "I11"},
        ],
    ).load()
    assert hospital.rows("select product from administration") == [("ketamine",)]
    assert hospital.rows("select code, code_system, onset_at::varchar from condition order by line") == [
        ("F20.9", "icd10cm", "2026-06-01 00:00:00"),
        ("I10", "icd10cm", None),
        ("I11", "other", None),
    ]


@pytest.mark.parametrize("name", ["Ketalar", "KETALAR"])
def test_a_brand_name_is_its_drug(hospital: Hospital, name: str):
    hospital.give(drug_exposure=[exposure(drug_concept_id="0", drug_source_value=name)]).load()
    assert hospital.rows("select product from administration") == [("ketamine",)]


@pytest.mark.parametrize("kind", ["32840", "32817", ""])
@pytest.mark.parametrize(
    "end", [{"condition_end_date": "2026-06-15"}, {"condition_end_date": "2026-06-20"}, {"condition_end_datetime": "2026-06-15 10:00:01"}]
)
def test_a_diagnosis_with_only_an_end_never_acquits(hospital: Hospital, kind: str, end: Row):
    code = {"condition_concept_id": "0", "condition_source_value": "ICD10CM:F20.9"}
    condition = {"person_id": "7", **code, "condition_type_concept_id": kind, **end}
    hospital.give(drug_exposure=[exposure()], condition_occurrence=[condition]).load()
    reconstruct(hospital.connection, Path("protocols/ketamine-chronic-pain.toml"))
    assert hospital.rows("select verdict from verdict where rule_id = 'KC-03'") == [("not_evaluable",)]


ATHENA = {
    "concept_id": "2000000011",
    "concept_name": 'Ketamine "50 mg/mL", vial',
    "domain_id": "Drug",
    "vocabulary_id": "RxNorm",
    "concept_class_id": "Ingredient",
    "standard_concept": "S",
    "concept_code": "6130",
    "valid_start_date": "19700101",
    "valid_end_date": "20991231",
    "invalid_reason": "",
}
STRENGTH = {
    "drug_concept_id": "2000000011",
    "ingredient_concept_id": "785649",
    "amount_value": "",
    "amount_unit_concept_id": "",
    "numerator_value": "50",
    "numerator_unit_concept_id": "8576",
    "denominator_value": "1",
    "denominator_unit_concept_id": "8587",
    "box_size": "",
    "valid_start_date": "19700101",
    "valid_end_date": "20991231",
    "invalid_reason": "",
}


@pytest.mark.parametrize("form", ["as delivered", "windows line ends", "gzip", "a broken line before it"])
def test_the_vocabulary_is_read_as_athena_delivers_it(hospital: Hospital, form: str):
    text = text_of({**ATHENA, "concept_id": "8", "concept_name": '"', "concept_code": "8"}, ATHENA, mark="\t")
    if form == "a broken line before it":
        text = text.replace('\n8\t"', "\n8\t" * 2)
    packed = text.replace("\n", "\r\n" if form == "windows line ends" else "\n").encode()
    hospital.write("CONCEPT.csv.gz" if form == "gzip" else "CONCEPT.csv", gzip.compress(packed) if form == "gzip" else packed)
    hospital.give(drug_exposure=[exposure(drug_concept_id="2000000011")]).load()
    assert hospital.rows("select product from administration") == [("ketamine",)]
    broken = [("omop_concept", 2, "too_few_cells")] if form.startswith("a broken") else []
    assert hospital.rows("select table_name, line, reason from quarantine") == broken


def test_the_strength_of_a_drug_is_read_as_athena_delivers_it(hospital: Hospital):
    hospital.write("DRUG_STRENGTH.csv", text_of(STRENGTH, mark="\t"))
    hospital.give(drug_exposure=[exposure(drug_concept_id="2000000011", quantity="0.4", dose_unit_source_value="mL")]).load()
    assert hospital.rows("select product, concentration::double, concentration_unit from administration") == [("ketamine", 50.0, "mg/mL")]


@pytest.mark.parametrize(
    "header",
    [lambda names: names.upper(), lambda names: names.replace("domain_id\t", ""), lambda names: names + "\t", lambda names: names + " "],
)
def test_a_file_with_tabs_and_not_the_header_of_athena_is_refused(hospital: Hospital, header: Callable[[str], str]):
    names, *rows = text_of(ATHENA, mark="\t").splitlines()
    hospital.write("concept.csv", "\n".join([header(names), *rows]))
    with pytest.raises(UserError, match=r"concept\.csv, line 1: the columns are not separated by commas but by tabs"):
        hospital.give(drug_exposure=[exposure()]).load()


def test_a_vocabulary_with_commas_is_still_one_with_commas(hospital: Hospital):
    hospital.write("concept.csv", text_of({**ATHENA, "concept_name": '"a\tb, c"'}))
    hospital.give(drug_exposure=[exposure(drug_concept_id="2000000011")]).load()
    assert hospital.rows("select product from administration") == [("ketamine",)]
    assert hospital.rows("select count(*) from quarantine") == [(0,)]


def measured(**cells: str) -> Row:
    good = {"person_id": "7", "measurement_concept_id": "3013762", "measurement_datetime": "2026-06-15 09:00:00", "value_as_number": "70"}
    return {**good, "unit_concept_id": "9529", "measurement_source_value": "", "operator_concept_id": "", **cells}


def test_measurements_are_read_by_concept_or_source_value_and_what_is_unknown_is_told_with_its_count(hospital: Hospital):
    hospital.give(
        drug_exposure=[exposure()],
        measurement=[
            measured(),
            measured(measurement_concept_id="0", measurement_source_value="RASS", value_as_number="-2", unit_concept_id=""),
            measured(operator_concept_id="4171756"),
            measured(measurement_concept_id="0", measurement_source_value="glasgow"),
            measured(measurement_concept_id="0", measurement_source_value="glasgow"),
            measured(measurement_source_value="height"),
            measured(value_as_number=""),
        ],
    )
    notices = hospital.load().notices
    assert hospital.rows("select kind, value, unit, method from observation order by line")[:2] == [
        ("weight", "70", "kg", "measured"),
        ("rass", "-2", None, None),
    ]
    assert ("measurement or observation in no map", "glasgow", 2) in notices
    assert ("measurement whose codes mean different kinds", "height", 1) in notices
    assert {("observation", 7, "codes_contradict"), ("observation", 8, "empty")} <= set(hospital.kept_out())
    assert hospital.rows("select reason from quarantine where line = 4") == [("not_a_number",)]


def test_parquet_upper_case_and_parts_are_the_same_rows(hospital: Hospital, tmp_path: Path):
    hospital.give(drug_exposure=[exposure(), exposure(drug_exposure_id="2", drug_exposure_start_datetime="2026-06-15 10:30:00")])
    other = tmp_path / "parquet"
    (other / "drug_exposure").mkdir(parents=True)
    run = hospital.connection.execute
    run(f"copy (select person_id as \"PERSON_ID\" from '{hospital.folder}/person.csv') to '{other}/PERSON.PARQUET' (format parquet)")
    for part in (1, 2):
        run(
            f"""copy (from '{hospital.folder}/drug_exposure.csv' where drug_exposure_id = {part})
            to '{other}/drug_exposure/{part}.parquet' (format parquet)"""
        )
    with connect() as warehouse:
        load(warehouse, [other], source="omop-5.4")
        hospital.load()
        columns = "select administration_id, started_at, dose from administration order by 1"
        assert warehouse.execute(columns).fetchall() == hospital.rows(columns)


def text_of(*rows: Row, mark: str = ",") -> str:
    return "\n".join(mark.join(cells) for cells in (rows[0], *(row.values() for row in rows))) + "\n"


@pytest.mark.parametrize(
    ("content", "told_in_order"),
    [
        (text_of(EXPOSURE, mark=";"), ["drug_exposure.csv, line 1", "semicolons", "save it as CSV with commas"]),
        (text_of(EXPOSURE).encode("utf-16"), ["drug_exposure.csv", "UTF-16", "UTF-8"]),
        (
            text_of(exposure(drug_concept_id="2000000011"), exposure(drug_concept_id="0")),
            ["drug_exposure.csv, line 2", "all 2 drug exposures have local concepts", "product.csv"],
        ),
        (
            text_of(exposure(drug_exposure_start_datetime="6/15/2026 10:00"), exposure(drug_exposure_start_datetime="6/15/2026 11:00")),
            ["drug_exposure.csv, line 2", "drug_exposure_start_datetime", "spreadsheet", "Export the table again"],
        ),
        (text_of(exposure()).replace("person_id", "persn_id"), ["drug_exposure.csv, line 1", "person_id is missing", "persn_id"]),
        (b"", ["drug_exposure.csv", "is empty"]),
    ],
    ids=["semicolons", "another encoding", "local concepts only", "dates from a spreadsheet", "a misspelt column", "nothing"],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name_the_line_and_the_way_out(
    hospital: Hospital, content: str | bytes, told_in_order: list[str]
):
    hospital.write("drug_exposure.csv", content)
    with pytest.raises(UserError) as error:
        hospital.load()
    assert re.search(".*".join(map(re.escape, told_in_order)), str(error.value), re.DOTALL), str(error.value)
    tables = {str(row[0]) for row in hospital.rows("show tables")}
    assert "administration" not in tables or hospital.rows("select * from administration") == []


@pytest.mark.parametrize(
    ("table", "columns"), [("person", "person_id;year"), ("care_site", "care_site_id;name"), ("location", "location_id;x")]
)
def test_a_table_of_one_needed_column_with_semicolons_is_told_to_have_them(hospital: Hospital, table: str, columns: str):
    hospital.give(drug_exposure=[exposure()]).write(f"{table}.csv", f"{columns}\n1;2\n")
    with pytest.raises(UserError, match=rf"{table}\.csv, line 1: the columns are not separated by commas but by semicolons"):
        hospital.load()


def test_a_truncated_parquet_file_is_refused_by_name(hospital: Hospital):
    hospital.give(drug_exposure=[exposure()])
    hospital.connection.execute(f"copy (from '{hospital.folder}/drug_exposure.csv') to '{hospital.folder}/whole' (format parquet)")
    whole = (hospital.folder / "whole").read_bytes()
    (hospital.folder / "drug_exposure.csv").unlink()
    hospital.write("drug_exposure.parquet", whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"drug_exposure\.parquet is not a whole Parquet file"):
        hospital.load()


def test_a_line_that_was_cut_off_is_a_lost_dose_of_its_patient(hospital: Hospital):
    hospital.write("drug_exposure.csv", text_of(exposure(), exposure(drug_exposure_id="2"))[:-40])
    hospital.load()
    assert hospital.rows("select table_name, line, reason, patient_id from quarantine") == [("administration", 3, "too_few_cells", "7")]


def test_bytes_of_another_encoding_cost_their_own_line_only(hospital: Hospital):
    text = text_of(exposure(drug_source_value="kétamine"), exposure(drug_exposure_id="2"))
    hospital.write("drug_exposure.csv", text.encode("latin-1")).load()
    assert hospital.kept_out() == [("administration", 2, "invalid_utf8")]
    assert hospital.rows("select administration_id from administration") == [("2",)]


def test_ids_that_a_program_wrote_with_a_point_are_the_same_ids(hospital: Hospital):
    hospital.give(
        visit_occurrence=[{"visit_occurrence_id": "1001", "person_id": "7"}],
        drug_exposure=[exposure(drug_exposure_id="1.0", person_id="7.0", drug_concept_id="785649.0", visit_occurrence_id="1001.0")],
    ).load()
    assert hospital.rows("select administration_id, patient_id, encounter_id, product, dose::double from administration") == [
        ("1", "7", "1001", "ketamine", 20.0)
    ]


def test_one_key_with_two_contents_is_none_and_one_twice_is_a_duplicate(hospital: Hospital):
    rows = [exposure(), exposure(quantity="21"), exposure(drug_exposure_id="2"), exposure(drug_exposure_id="2")]
    result = hospital.give(drug_exposure=rows).load()
    assert hospital.kept_out() == [("administration", 2, "conflicting_rows"), ("administration", 3, "conflicting_rows")]
    (file,) = [each for each in result.inputs if each.table == "administration"]
    assert (file.received, file.loaded, file.quarantined, file.duplicates) == (4, 1, 2, 1)


def test_a_site_adds_its_codes_in_a_folder_of_its_own(hospital: Hospital, tmp_path: Path):
    own = tmp_path / "ours"
    own.mkdir()
    (own / "source.toml").write_text(
        '[source]\nextends = "omop-5.4"\n[maps]\nproduct_code = {file = "product.csv", key = ["vocabulary", "code"]}\n'
    )
    (own / "product.csv").write_text("vocabulary,code,product\nconcept,2000000011,ketamine\n")
    hospital.give(drug_exposure=[exposure(drug_concept_id="2000000011")]).load(str(own))
    assert hospital.rows("select product from administration") == [("ketamine",)]


def test_verdicts_are_those_of_the_canonical_tables(tmp_path: Path):
    for name, arguments in {"a": [], "b": ["--format", "omop-5.4"]}.items():
        assert command("sample", str(tmp_path / name), "--sessions", "150", "--seed", "41", "--faults", *arguments).returncode == 0
    assert told_by(str(tmp_path / "b"), workspace=tmp_path / "w") == told(tmp_path / "a", tmp_path / "v")


def test_the_worked_example_of_the_page_gives_what_the_page_says(hospital: Hospital):
    text = PAGE.read_text("utf-8")
    for name, content in re.findall(r"^`([a-z_]+\.csv)`\n\n```csv\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        hospital.write(name, content)
    hospital.load()
    expected, *_ = re.findall(r"^```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    rows = rows_of_example(hospital.connection)
    assert [" | ".join(row) for row in rows] == [re.sub(r" +", " ", line).strip() for line in expected.splitlines()]


def rows_of_example(connection: Connection) -> list[tuple[str, ...]]:
    rows = connection.execute(
        """select event, line::varchar, strftime(started_at, '%H:%M'), coalesce(strftime(stopped_at, '%H:%M'), '-'),
            coalesce(dose::double || ' ' || dose_unit, '-'), coalesce(rate::double || ' ' || rate_unit, '-'), coalesce(status, 'unknown')
        from administration order by line, event desc"""
    ).fetchall()
    return [tuple(map(str, row)) for row in rows]


def test_a_record_that_a_later_extract_changed_replaces_the_earlier_one(hospital: Hospital, tmp_path: Path) -> None:
    def extract(name: str, **changed: Row) -> None:
        later = Hospital(tmp_path / name)
        later.connection = hospital.connection
        measured = {"person_id": "7", "measurement_concept_id": "3025315", "measurement_datetime": "2026-06-15 09:00:00"}
        weight = {"measurement_id": "1", **measured, "value_as_number": "70", "unit_concept_id": "9529"}
        diagnosis = {
            "condition_occurrence_id": "1",
            "person_id": "7",
            "condition_concept_id": "0",
            "condition_source_value": "ICD10CM:F20.9",
        }
        tables = {"measurement": weight, "condition_occurrence": diagnosis}
        later.give(drug_exposure=[exposure()], **{table: [row | changed.get(table, {})] for table, row in tables.items()}).load()

    extract("first")
    extract("second", measurement={"value_as_number": "80"}, condition_occurrence={"condition_source_value": "ICD10CM:F32.9"})
    assert hospital.rows("select value from observation union all select code from condition") == [("80",), ("F32.9",)]
    extract("renumbered", measurement={"person_id": "8"}, condition_occurrence={"person_id": "8"})
    assert hospital.rows("select patient_id, value from observation order by 1") == [("7", "80"), ("8", "70")]


def test_another_persons_visit_is_a_lost_dose_of_both_persons(hospital: Hospital):
    people = [{"person_id": "7"}, {"person_id": "8"}]
    visits = [{"visit_occurrence_id": "500", "person_id": "8"}, {"visit_occurrence_id": "501", "person_id": "7"}]
    doses = [exposure(visit_occurrence_id="500"), exposure(drug_exposure_id="2", visit_occurrence_id="501")]
    infused = exposure(drug_exposure_id="3", visit_occurrence_id="500", **ELEVEN)
    answer = {"person_id": "7", "observation_datetime": "2026-06-15 09:00:00", "visit_occurrence_id": "500", "observation_concept_id": "0"}
    hospital.give(
        person=people,
        visit_occurrence=visits,
        drug_exposure=[*doses, infused, told_drug(visit_occurrence_id="500")],
        measurement=[measured(visit_occurrence_id="500"), measured(visit_occurrence_id="501")],
        observation=[{**answer, "observation_source_value": "pregnancy", "value_as_string": "no"}],
        condition_occurrence=[{"person_id": "7", "condition_concept_id": "0", "visit_occurrence_id": "500"}],
    ).load()
    assert hospital.rows("select table_name, line, patient_id, reason from quarantine order by all") == [
        (table, line, person, "visit_of_another_person")
        for table, line in [
            ("administration", 2),
            ("administration", 4),
            ("condition", 2),
            ("medication", 5),
            ("observation", 2),
            ("screening", 2),
        ]
        for person in ("7", "8")
    ]
    assert hospital.rows("select administration_id, encounter_id from administration") == [("2", "501")]


def told_drug(**cells: str) -> Row:
    return exposure(drug_exposure_id="9", drug_concept_id="1177480", drug_type_concept_id="32825", **cells)


@pytest.mark.parametrize(
    ("stop_reason", "loaded", "kept_out"),
    [
        ("", 1, []),
        ("stopped", 1, []),
        ("refused", 0, []),
        ("Not given", 0, []),
        ("entered_in_error", 0, []),
        ("Entered in Error", 0, []),
        ("gone home", 0, [("medication", 3, "stop_reason_not_mapped")]),
    ],
)
def test_a_drug_of_the_history_counts_only_where_it_was_taken(
    hospital: Hospital, stop_reason: str, loaded: int, kept_out: list[tuple[Any, ...]]
):
    result = hospital.give(drug_exposure=[exposure(), told_drug(stop_reason=stop_reason)]).load()
    assert (hospital.rows("select count(*) from medication"), hospital.kept_out()) == ([(loaded,)], kept_out)
    assert ("stop_reason in no map" in {topic for topic, *_ in result.notices}) == bool(kept_out)


@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_entered_in_error_lends_no_weight_whichever_extract_comes_first(hospital: Hospital, tmp_path: Path, order_first: bool):
    order = exposure(drug_exposure_id="5", drug_type_concept_id="32838", quantity="", sig="dosing_weight=80 kg")
    extracts = [("first", "2026-06-20", order), ("second", "2026-06-21", {**order, "stop_reason": "entered_in_error"})]
    for name, day, row in extracts if order_first else extracts[::-1]:
        later = Hospital(tmp_path / name)
        later.connection = hospital.connection
        later.write("manifest.toml", f'timezone = "UTC"\nextracted_at = "{day}T00:00:00Z"\n')
        later.give(drug_exposure=[exposure(sig="order=5"), row]).load()
    assert hospital.rows("select * from medication_order") == []


@pytest.mark.parametrize(
    "cells", [{"procedure_date": "2026-06-15"}, {"procedure_datetime": "2026-06-15 08:00:00", "procedure_end_date": "2026-06-15"}]
)
def test_a_procedure_by_its_day_alone_is_kept_out(hospital: Hospital, cells: Row):
    surgery = {"person_id": "7", "procedure_concept_id": "0", "procedure_source_value": "surgery"}
    hospital.give(
        drug_exposure=[exposure()], procedure_occurrence=[{**surgery, **cells}, {**surgery, "procedure_datetime": "2026-06-14 08:00:00"}]
    )
    hospital.load()
    assert hospital.kept_out() == [("procedure", 2, "not_a_time")]
    assert hospital.rows("select ended_at::varchar from procedure") == [("2026-06-14 08:00:00",)]


def test_a_promised_table_is_covered_by_a_file_of_it_and_not_by_those_it_looks_things_up_in(hospital: Hospital):
    span = 'from = "2020-01-01T00:00:00Z"\nto = "2026-06-30T00:00:00Z"'
    promised = "".join(f'[[coverage]]\ntable = "{table}"\n{span}\n' for table in ("observation", "condition", "medication"))
    hospital.write("manifest.toml", f'timezone = "UTC"\nextracted_at = "2026-07-01T00:00:00Z"\n{promised}')
    hospital.give(concept=[ATHENA], visit_occurrence=[{"visit_occurrence_id": "1", "person_id": "7"}], drug_exposure=[exposure()]).load()
    assert hospital.rows("select distinct table_name from coverage where covered_from > '1950-01-01' order by 1") == [("medication",)]
