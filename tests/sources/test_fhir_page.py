"""The worked example of docs/sources/fhir-r4.md is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.load import LoadResult, load

from ..support.product import PROTOCOL
from .conftest import reconstruct

PAGE = (Path(__file__).parents[2] / "docs" / "sources" / "fhir-r4.md").read_text("utf-8")


def block(language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def tables() -> list[list[tuple[str, ...]]]:
    """The tables of verdicts, in the order of the page."""
    found = re.findall(r"\| rule \| verdict \| observed \| reason \|\n\|[-|]+\n((?:\|.*\n)+)", PAGE)
    return [[tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.splitlines()] for table in found]


def loaded(folder: Path, text: str) -> tuple[Connection, LoadResult]:
    folder.mkdir()
    (folder / "export.ndjson").write_text(text)
    connection = connect()
    return connection, load(connection, [folder], source="fhir-r4")


def test_the_counts_of_the_page_are_those_of_the_load(tmp_path: Path) -> None:
    connection, result = loaded(tmp_path / "x", block("ndjson"))
    counts = [(f.table, str(f.received), str(f.loaded), str(f.quarantined), str(f.duplicates)) for f in result.inputs]
    assert counts == [tuple(line.split()) for line in block("text").splitlines()[1:]]
    assert connection.execute("select line, reason, patient_id from quarantine").fetchall() == [(5, "not_json", "p1")]


@pytest.mark.parametrize(("lines", "expected"), [(5, 0), (4, 1)], ids=["as exported", "without the cut-off line"])
def test_the_verdicts_of_the_page_are_the_products(tmp_path: Path, lines: int, expected: int) -> None:
    connection, _ = loaded(tmp_path / "x", "".join(block("ndjson").splitlines(keepends=True)[:lines]))
    reconstruct(connection, Path(PROTOCOL))
    table = tables()[expected]
    for rule, *row in table:
        verdict, observed, reason = connection.execute(
            "select verdict, coalesce(observed::varchar, ''), reason from verdict where rule_id = $rule", {"rule": rule}
        ).fetchall()[0]
        assert [verdict, observed, reason] == row, rule
