"""The site for readers outside: six pages, no small count, nobody's id, nothing to work out from its own numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit_reports.disclosure import Refused
from infusion_audit_reports.format import NOTHING
from infusion_audit_reports.site import render_external
from tests.reports.conftest import PAYLOADS, SUMMARIES, fill, manifest
from tests.reports.inspection import Page

PAGES = ("index.html", "scorecard.html", "selection.html", "outcomes.html", "trends.html", "methods.html")


def external(connection: duckdb.DuckDBPyConnection, out: Path, **named: Any) -> list[dict[str, Any]]:
    pages, releases = render_external(connection, manifest(connection), out, summaries=SUMMARIES, **named)
    assert {page.name for page in pages} == {path.name for path in out.iterdir()} == set(PAGES)
    return releases


@pytest.fixture(scope="module")
def outside(connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    out = tmp_path_factory.mktemp("external") / "site"
    return out, external(connection, out)


def cells(page: Path) -> list[str]:
    """The text of every data cell that counts something: those aligned as numbers, without their quiet words."""
    found = re.findall(r'<td class="n[^"]*"[^>]*>(.*?)</td>', page.read_text("utf-8"), re.DOTALL)
    return [re.sub(r"<[^>]+>", "", re.sub(r'<span class="quiet">.*?</span>', "", cell)).strip() for cell in found]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "methods.html"])
def test_no_count_from_1_to_10_stands_in_any_cell(outside: tuple[Path, Any], name: str) -> None:
    numbers = [cell for cell in cells(outside[0] / name) if re.fullmatch(r"[\d,]+", cell)]
    assert numbers
    assert not [cell for cell in numbers if 0 < int(cell.replace(",", "")) < 11]
    assert not re.search(r"\bn = (\d|10)\b(?!\d)", Page.read(outside[0] / name).text.replace("n = 11", ""))


@pytest.mark.parametrize("name", PAGES)
def test_nobody_and_no_record_is_named(outside: tuple[Path, Any], connection: duckdb.DuckDBPyConnection, name: str) -> None:
    text = (outside[0] / name).read_text("utf-8")
    for query in (
        "select session_id from session",
        "select patient_id from session where not contains(patient_id, '<') and not contains(patient_id, '{')",
        "select encounter_id from session",
        "select distinct file from input_file",
        "select 'Dr. Example'",
    ):
        assert not [value for (value,) in connection.execute(query).fetchall() if value in text]
    page = Page.read(outside[0] / name)
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in page.elements}
    assert "External" in page.text
    assert "Confidential" not in page.text
    assert "Not for decisions about a patient under treatment" in page.text
    assert not page.unbalanced
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_link_stays_inside(outside: tuple[Path, Any], name: str) -> None:
    for link in Page.read(outside[0] / name).attributes("href"):
        if link != "data:,":
            page, _, anchor = link.partition("#")
            target = Page.read(outside[0] / (page or name))
            assert not anchor or anchor in target.attributes("id")


def test_a_share_stands_only_where_both_its_counts_do(outside: tuple[Path, Any]) -> None:
    text = (outside[0] / "scorecard.html").read_text("utf-8")
    rows = re.findall(r'<tr id="rule-[^"]+">(.*?)</tr>', text, re.DOTALL)
    assert rows
    for row in rows:
        met, missed, *_, rate = re.findall(r'<td class="n[^"]*"[^>]*>(.*?)</td>', row, re.DOTALL)
        if "hidden" in met or "hidden" in missed:
            assert rate == NOTHING
            assert "%" not in row.split("Rate")[1]


def test_what_is_shown_is_what_is_remembered(outside: tuple[Path, list[dict[str, Any]]], connection: duckdb.DuckDBPyConnection) -> None:
    whole = outside[1][0]
    found = dict(connection.execute("select verdict, count(*) from verdict where rule_id = 'KD-07' group by 1").fetchall())
    assert {verdict: number for verdict, (number, _) in whole["tables"]["KD-07"].items() if number} == found
    assert whole["sessions"] == 900
    row = re.search(r'<tr id="rule-KD-07">(.*?)</tr>', (outside[0] / "scorecard.html").read_text("utf-8"), re.DOTALL)
    assert row
    for verdict, label in (("compliant", "Meets it"), ("violation", "Does not")):
        number, shown = whole["tables"]["KD-07"][verdict]
        assert (f'data-label="{label}">{number:,}<' in row[1]) == shown


def test_the_same_run_again_is_the_same_site(
    outside: tuple[Path, list[dict[str, Any]]], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    again = external(connection, tmp_path / "again", earlier=outside[1])
    assert again == outside[1]
    for name in PAGES:
        assert (tmp_path / "again" / name).read_bytes() == (outside[0] / name).read_bytes()


def test_rounded_counts_end_in_0_or_5(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    external(connection, tmp_path / "rounded", small_numbers="round")
    for name in ("index.html", "scorecard.html", "selection.html", "outcomes.html"):
        numbers = [cell for cell in cells(tmp_path / "rounded" / name) if re.fullmatch(r"[\d,]+", cell)]
        assert numbers
        assert not [cell for cell in numbers if cell[-1] not in "05"]


def test_fewer_than_eleven_sessions_have_no_external_report(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as small:
        fill(small, 10)
        with pytest.raises(Refused):
            render_external(small, manifest(small), tmp_path / "none", summaries=SUMMARIES)
    assert not (tmp_path / "none").exists()


def test_the_internal_report_is_marked_confidential(site: Path) -> None:
    for page in site.glob("*.html"):
        assert "Confidential: internal quality review" in Page.read(page).text


def test_hostile_text_is_inert_outside_too(outside: tuple[Path, Any]) -> None:
    assert PAYLOADS[2] in Page.read(outside[0] / "index.html").text  # the site's own name
