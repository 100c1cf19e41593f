"""Loading is safe to repeat: the same rows count once, newer versions replace older ones, and contradictions are never settled silently."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infusion_audit.engine import connect
from infusion_audit.errors import UserError
from infusion_audit.load import load

from .conftest import WEIGHT, Site, bolus, csv_text, of_table

Extracts = Callable[[str], Site]
TABLES = ("administration", "observation", "extract", "input_file", "coverage", "quarantine", "unknown_column")


def contents(site: Site) -> dict[str, list[tuple[object, ...]]]:
    return {table: site.query(f"select * from {table} order by all") for table in TABLES}


def test_loading_an_extract_again_changes_nothing_and_reports_the_stored_counts(site: Site) -> None:
    site.give(bolus("A1"), bolus("A1"), bolus("A2", dose="x"), bolus("A3", event="x"), observation=[WEIGHT])
    first = site.load()
    before = contents(site)
    second = site.load()
    assert contents(site) == before
    assert second.already_loaded
    assert [(f.received, f.loaded, f.quarantined, f.duplicates) for f in second.inputs] == [
        (f.received, f.loaded, f.quarantined, f.duplicates) for f in first.inputs
    ]


def test_a_warehouse_of_an_earlier_release_gets_the_columns_that_it_lacks(site: Site) -> None:
    site.give(bolus("A1"), condition=[{"patient_id": "P1", "code": "F20.9", "code_system": "icd10cm"}]).load()
    for table in ("condition", "condition_aside"):
        site.connection.execute(f"alter table {table} drop column onset_at_latest")
    site.connection.execute("alter table extract drop column site_named")
    diagnoses = [
        {"patient_id": "P1", "code": code, "code_system": "icd10cm", "onset_at": "2026-01-01T00:00:00Z"} for code in ("F20.9", "I10", "I10")
    ]
    site.give(bolus("A1"), condition=diagnoses).load()
    assert site.query("select code, onset_at_latest is null, line from condition order by all") == [
        ("F20.9", True, 2),
        ("F20.9", True, 2),
        ("I10", True, 3),
    ]
    assert site.query("select code from condition_aside") == [("I10",)]


def test_a_manifest_that_is_mended_counts_from_the_next_load_on(site: Site) -> None:
    site.give().load()
    site.manifest('site = "North"\n[[coverage]]\ntable = "administration"\nfrom = "2026-01-01T00:00:00Z"').load()
    assert site.query("select site from extract") == [("North",)]
    assert site.query("select covered_from::varchar, covered_to::varchar from coverage") == [("2026-01-01 00:00:00", "9999-12-31 00:00:00")]


def test_identical_rows_count_once_wherever_they_come_from(site: Site, extract: Extracts) -> None:
    site.give(bolus("A1"), bolus("A1"), bolus("A2", dose="1.0"), bolus("A2", dose=" 1"), observation=[WEIGHT, WEIGHT])
    result = site.load()
    assert (site.counts("administration", result), site.counts("observation", result)) == ((4, 2, 0, 2), (2, 1, 0, 1))
    later = extract("later").give(bolus("A2", dose="1"), bolus("A3"), observation=[{**WEIGHT, "value": "71"}, WEIGHT])
    result = later.load()
    assert (site.counts("administration", result), site.counts("observation", result)) == ((2, 1, 0, 1), (2, 1, 0, 1))
    assert site.query("select administration_id, file_id, line from administration order by 1") == [
        ("A1", 1, 2),
        ("A2", 1, 4),
        ("A3", 3, 3),
    ]


def test_two_contents_of_one_identity_in_one_extract_are_both_kept_out(site: Site) -> None:
    site.write("administration/1.csv", [bolus("A1", dose="10"), bolus("A2")])
    site.write("administration/2.csv", [bolus("A1", dose="20"), bolus("A1", dose="20")])
    result = site.load()
    assert site.counts("administration", result) == (4, 1, 2, 1)
    assert site.quarantine("file_id, line, scope, column_name, reason, patient_id, event, on_date::varchar") == [
        (1, 2, "row", "administration_id", "conflicting_rows", "P1", "bolus", "2026-06-15"),
        (2, 2, "row", "administration_id", "conflicting_rows", "P1", "bolus", "2026-06-15"),
    ]


@pytest.mark.parametrize(("stored", "new", "dose"), [("01", "02", 2), ("02", "01", 1), (None, None, 2), ("02", None, 2), (None, "01", 2)])
def test_the_version_of_the_later_extract_stands(site: Site, extract: Extracts, stored: str | None, new: str | None, dose: int) -> None:
    for at, (one, day) in enumerate(((site, stored), (extract("second"), new)), 1):
        if day:
            one.manifest(f'extracted_at = "2026-07-{day}T00:00:00Z"')
        one.give(bolus("A1", dose=str(at)), bolus(f"B{at}"))
        result = one.load()
    assert site.query("select dose::integer from administration where administration_id = 'A1'") == [(dose,)]
    assert site.counts("administration", result) == ((2, 2, 0, 0) if dose == 2 else (2, 1, 0, 1))


def test_a_version_that_was_taken_back_is_loaded_again(site: Site, extract: Extracts) -> None:
    for day, dose in (("01", "1"), ("02", "2"), ("03", "1")):
        extract(day).manifest(f'extracted_at = "2026-07-{day}T00:00:00Z"').give(bolus(dose=dose)).load()
    assert site.query("select dose::integer from administration") == [(1,)]


def test_a_lost_row_that_a_later_extract_brings_in_order_is_no_longer_lost(site: Site, extract: Extracts) -> None:
    site.give(bolus("A1", event="?"), bolus("A2", event="?")).load()
    extract("mended").give(bolus("A1")).load()
    assert site.quarantine("row_key, scope") == [("A1", "resolved"), ("A2", "row")]


def test_a_failed_load_leaves_the_warehouse_as_it_was(site: Site, extract: Extracts, monkeypatch: pytest.MonkeyPatch) -> None:
    from infusion_audit import load as module

    site.give(observation=[WEIGHT]).load()
    before = contents(site)

    def fail(*_: object) -> None:
        raise RuntimeError("the power went out")

    monkeypatch.setattr(module, "_record_coverage", fail)
    with pytest.raises(RuntimeError):
        extract("second").give(bolus("A9"), observation=[{**WEIGHT, "value": "71"}]).load()
    assert contents(site) == before


def test_a_table_that_is_not_mentioned_covers_everything(site: Site) -> None:
    site.manifest(
        """
        timezone = "Europe/Berlin"
        [[coverage]]
        table = "observation"
        kinds = ["rass", "spo2"]
        departments = ["ward_a"]
        from = 2026-06-01
        to = 2026-07-01T00:00:00
        """
    ).give(observation=[WEIGHT]).load()
    assert site.query("select table_name, kind, department, covered_from::varchar, covered_to::varchar from coverage order by all") == [
        ("administration", None, None, "0001-01-01 00:00:00", "9999-12-31 00:00:00"),
        ("observation", "rass", "ward_a", "2026-05-31 22:00:00", "2026-06-30 22:00:00"),
        ("observation", "spo2", "ward_a", "2026-05-31 22:00:00", "2026-06-30 22:00:00"),
    ]


def test_everything_wrong_with_a_manifest_is_told_at_once(site: Site) -> None:
    site.give().manifest(
        """
        sites = "North"
        timezone = "Berlin"
        extracted_at = "yesterday"
        source_system = 3
        [[coverage]]
        table = "observations"
        [[coverage]]
        table = "observation"
        kinds = ["ras"]
        from = 2026-07-01
        to = 2026-06-01
        until = 2026-06-01
        """
    )
    with pytest.raises(UserError) as caught:
        site.load()
    assert set(caught.value.message.splitlines()) == {
        'manifest.toml: there is no key "sites"; did you mean "site"?',
        'manifest.toml: timezone: "Berlin" is not an IANA time zone such as "Europe/Berlin"',
        "manifest.toml: extracted_at is not a time such as 2026-10-01T00:00:00Z",
        "manifest.toml: source_system is not a text",
        'manifest.toml: coverage 1: there is no table "observations"; did you mean "observation"?',
        'manifest.toml: coverage 2: there is no key "until"',
        'manifest.toml: coverage 2: table observation has no kind "ras"; did you mean "rass"?',
        "manifest.toml: coverage 2: from is not before to",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [("site = ", "is not valid TOML"), ('timezone = "America/New_York"\nextracted_at = 2026-03-08T02:30:00', "skipped")],
)
def test_a_manifest_that_cannot_be_read_is_explained(site: Site, text: str, problem: str) -> None:
    site.give().manifest(text)
    with pytest.raises(UserError, match=problem):
        site.load()


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "administration_id": st.sampled_from(["A1", "A2", "A3", ""]),
            "dose": st.sampled_from(["1", "2", "x"]),
            "event": st.sampled_from(["bolus", "bolus", "?"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_but_their_lines(
    tmp_path_factory: pytest.TempPathFactory, cells: list[dict[str, str]], rng: object
) -> None:
    rows = [bolus(**row) for row in cells]
    shuffled = list(rows)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    found = []
    for one in (rows, shuffled):
        folder = tmp_path_factory.mktemp("order")
        (folder / "administration.csv").write_text(csv_text(one))
        connection = connect()
        file = of_table(load(connection, [folder]), "administration")
        stored = connection.execute("select * exclude (line) from administration order by all").fetchall()
        aside = connection.execute("select * exclude (line) from quarantine where scope = 'row' order by all").fetchall()
        found.append((file.received, file.loaded, file.quarantined, file.duplicates, stored, aside))
    assert found[0] == found[1]
