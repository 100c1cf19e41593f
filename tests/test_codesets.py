"""The shipped code sets: every code exists in a release of ICD-10-CM, and no row undoes another."""

from __future__ import annotations

import csv
from bisect import bisect_left
from importlib.util import find_spec
from pathlib import Path

import pytest

from infusion_audit.engine import resource

Row = dict[str, str]
ROWS: list[Row] = list(csv.DictReader((resource("protocols") / "codesets.csv").read_text("utf-8").splitlines()))
FINDING = ("definite", "possible", "exempt", "include")


def identity(row: Row) -> str:
    return f"{row['code_set']} {row['strength']} {row['code']}"


def bare(row: Row) -> str:
    return row["code"].replace(".", "")


def meant(row: Row, codes: list[str]) -> set[str]:
    """The codes of a sorted list that a row means."""
    code = bare(row)
    if row["match"] == "exact":
        return {code} & set(codes)
    return set(codes[bisect_left(codes, code) : bisect_left(codes, code + "~")])


@pytest.fixture(scope="module")
def leaves() -> list[str]:
    """The codes of the packaged release that no further character completes."""
    spec = find_spec("simple_icd_10_cm")  # its list is read as a file: importing it builds the whole tree
    assert spec is not None
    assert spec.origin is not None
    (listed,) = Path(spec.origin).with_name("data").glob("code-list-*.txt")
    codes = sorted(line.split()[0] for line in listed.read_text("utf-8").splitlines() if len(line) > 2 and "-" not in line)
    return [code for code, after in zip(codes, [*codes[1:], ""], strict=True) if not after.startswith(code)]


@pytest.mark.parametrize("row", ROWS, ids=identity)
def test_a_code_stands_for_as_many_codes_of_the_release_as_the_row_says(row: Row, leaves: list[str]) -> None:
    assert len(meant(row, leaves)) == int(row["leaf_codes"]) > 0


def test_exclusions_leave_something_of_every_row(leaves: list[str]) -> None:
    for code_set in {row["code_set"] for row in ROWS}:
        here = [row for row in ROWS if row["code_set"] == code_set]
        excluded: set[str] = set().union(*(meant(row, leaves) for row in here if row["strength"] == "exclude"))
        assert [identity(row) for row in here if row["strength"] in FINDING and not meant(row, leaves) - excluded] == []


def test_rows_are_complete_and_unique() -> None:
    assert len({(row["code_set"], row["system"], row["code"], row["strength"]) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row["system"] == "icd10cm"
        assert row["match"] in ("prefix", "exact")
        assert row["strength"] in (*FINDING, "exclude")
        if row["strength"] in FINDING:
            assert (row["encounter"], row["problem_list"]) in (("counts", "counts"), ("counts", "possible")), identity(row)
        assert row["lookback_d"] == "" or int(row["lookback_d"]) > 0


def test_every_contraindication_and_indication_has_a_set() -> None:
    rules = {f"KC-0{number}" for number in range(1, 8)}
    indications = {row["code_set"] for row in ROWS} - rules
    assert rules <= {row["code_set"] for row in ROWS}
    assert indications
    assert all(name.startswith("IND_") for name in indications)


def test_childbirth_and_the_puerperium_are_no_pregnancy(leaves: list[str]) -> None:
    pregnancy = [row for row in ROWS if row["code_set"] == "KC-02"]
    excluded: set[str] = set().union(*(meant(row, leaves) for row in pregnancy if row["strength"] == "exclude"))
    assert {"O9902", "O24430", "Z370", "O80", "Z3202"} <= excluded
    assert {row["code"] for row in pregnancy if row["ends_pregnancy"]} >= {"Z37", "O80", "O82", "Z33.2", "O03", "O85"}
    assert not [row["code"] for row in pregnancy if row["ends_pregnancy"] and row["strength"] == "definite"]
