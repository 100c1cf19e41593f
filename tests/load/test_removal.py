"""An extract that is taken out leaves the warehouse as if it had never been loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infusion_audit.engine import connect
from infusion_audit.errors import UserError
from infusion_audit.removal import loads, remove
from infusion_audit.run import check, load_only
from infusion_audit.sample import write_sample

from .conftest import WEIGHT, Site, bolus

Extracts = Callable[[str], Site]
BY_FILE = (
    "administration",
    "administration_aside",
    "observation",
    "observation_aside",
    "encounter",
    "encounter_aside",
    "quarantine",
    "unknown_column",
    "kept_broken_line",
)
BY_EXTRACT = ("coverage", "source_notice", "found_coverage")


def contents(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a warehouse holds, with the names of the extracts and files in place of their numbers."""
    place = "x.source_system || '/' || f.table_name || '/' || f.file"
    found = {
        table: site.query(
            f"""select {place} as place, t.* exclude (file_id) from {table} as t
            inner join input_file as f on f.file_id = t.file_id inner join extract as x on x.extract_id = f.extract_id order by all"""
        )
        for table in BY_FILE
    }
    found |= {
        table: site.query(
            f"""select x.source_system, t.* exclude (extract_id) from {table} as t
            inner join extract as x on x.extract_id = t.extract_id order by all"""
        )
        for table in BY_EXTRACT
    }
    found["extract"] = site.query("select * exclude (extract_id) from extract order by extract_id")
    found["input_file"] = site.query(
        f"""select {place} as place, f.* exclude (file_id, extract_id) from input_file as f
        inner join extract as x on x.extract_id = f.extract_id order by all"""
    )
    for table in (*BY_FILE, *BY_EXTRACT):
        of = "input_file using (file_id)" if table in BY_FILE else "extract using (extract_id)"
        assert site.value(f"select count(*) from {table}") == site.value(f"select count(*) from {table} inner join {of}"), table
    return found


identities = st.sampled_from(["A1", "A2", "A3"])
administrations = st.lists(
    st.builds(
        bolus,
        identities,
        dose=st.sampled_from(["1", "2", "2.0", "x"]),
        event=st.sampled_from(["bolus", "bolus", "bolus", "?"]),
        patient_id=st.sampled_from(["P1", "P2"]),
        performer_id=st.sampled_from(["", "P9,extra", "#REF!"]),
    ),
    min_size=1,
    max_size=5,
)
observations = st.lists(
    st.builds(
        lambda value, unit: {**WEIGHT, "value": value, "unit": unit}, st.sampled_from(["70", "71", "-"]), st.sampled_from(["kg", "lb"])
    ),
    max_size=4,
)
encounters = st.lists(
    st.builds(
        lambda key, department: {"encounter_id": key, "patient_id": "P1", "department": department},
        st.sampled_from(["E1", "E2"]),
        st.sampled_from(["ward", "day"]),
    ),
    max_size=3,
)
taken = st.sampled_from([None, "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z", "2026-07-03T00:00:00Z"])
extracts = st.tuples(taken, administrations, observations, encounters, st.sampled_from(["", "P2,A1,bolus\n", "P1;A9\n"]))


def write(site: Site, name: str, extract: tuple[Any, ...]) -> Site:
    """The files of one extract; its name is told by the manifest."""
    at, rows, seen, stays, broken = extract
    site.manifest(f'source_system = "{name}"\nsite = "{name}"\n' + (f'extracted_at = "{at}"\n' if at else ""))
    site.give(*rows)
    if broken:
        path = site.folder / "administration.csv"
        path.write_text(path.read_text() + broken)
    for table, cells in (("observation", seen), ("encounter", stays)):
        if cells:
            site.write(f"{table}.csv", cells)
    return site


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(extracts, min_size=2, max_size=4), st.integers(0, 3), st.booleans())
def test_removing_an_extract_equals_never_having_loaded_it(given_extracts: Sequence[tuple[Any, ...]], which: int, same_file: bool) -> None:
    listed = list(given_extracts)
    if same_file:  # the last extract brings the first one's doses in the very same file
        listed[-1] = (listed[0][0], listed[0][1], *listed[-1][2:4], listed[0][4])
        if listed[-1][1:] == listed[0][1:]:
            return  # the same extract again, which is one
    gone = which % len(listed)
    with TemporaryDirectory() as folder:
        whole, without = (Site(Path(folder)) for _ in range(2))
        for at, extract in enumerate(listed):
            one = Site(Path(folder) / str(at), whole.connection)
            write(one, f"extract {at}", extract).load()
            if at != gone:
                Site(one.folder, without.connection).load()
        if len(loads(whole.connection)) < len(listed):
            return  # an extract whose every file was there already is a part of the other
        remove(whole.connection, gone + 1)
        assert contents(whole) == contents(without)


def test_what_an_extract_replaced_and_what_it_said_first_come_back(site: Site, extract: Extracts) -> None:
    for day, rows in (("01", [bolus("A1", dose="1")]), ("02", [bolus("A1", dose="2"), bolus("A2")]), ("03", [bolus("A2"), bolus("A3")])):
        extract(day).manifest(f'extracted_at = "2026-07-{day}T00:00:00Z"').give(*rows).load()
    assert [(each["id"], each["loaded"], each["duplicates"], each["in_use"]) for each in loads(site.connection)] == [
        (1, 1, 0, 0),
        (2, 2, 0, 2),
        (3, 1, 1, 1),
    ]
    removed = remove(site.connection, 2)
    assert (removed.rows, removed.restored) == (2, 2)
    assert site.query("select administration_id, dose::integer from administration order by 1") == [("A1", 1), ("A2", 20), ("A3", 20)]


def test_a_row_mended_by_an_extract_that_is_taken_out_is_lost_again(site: Site, extract: Extracts) -> None:
    site.give(bolus("A1", event="?")).load()
    extract("mended").give(bolus("A1")).load()
    assert site.quarantine("row_key, scope") == [("A1", "resolved")]
    remove(site.connection, 2)
    assert site.quarantine("row_key, scope") == [("A1", "row")]


def test_a_file_that_a_later_extract_brought_too_stays(site: Site, extract: Extracts) -> None:
    site.give(bolus("A1"), observation=[WEIGHT]).load()
    extract("later").give(bolus("A2"), observation=[WEIGHT]).load()
    remove(site.connection, 1)
    assert site.query("select administration_id from administration") == [("A2",)]
    assert site.value("select count(*) from observation") == 1


def test_an_extract_of_an_earlier_release_cannot_be_taken_out(site: Site) -> None:
    site.give().load()
    site.connection.execute("update extract set removable = false")
    with pytest.raises(UserError, match="earlier release"):
        remove(site.connection, 1)


def test_an_unknown_load_is_refused(site: Site) -> None:
    site.give().load()
    with pytest.raises(UserError, match="no load 7"):
        remove(site.connection, 7)
    remove(site.connection, 1)
    assert loads(site.connection) == []


def test_sites_with_zones_of_their_own_share_a_warehouse(site: Site, extract: Extracts) -> None:
    local = {"started_at": "2026-06-15T10:00:00"}
    for name, zone in (("East", "America/New_York"), ("West", "America/Los_Angeles")):
        extract(name).manifest(f'site = "{name}"\ntimezone = "{zone}"').give(bolus(name, **local)).load()
    assert site.query("select administration_id, started_at::varchar from administration order by 1") == [
        ("East", "2026-06-15 14:00:00"),
        ("West", "2026-06-15 17:00:00"),
    ]
    remove(site.connection, 1)
    assert [each["timezone"] for each in loads(site.connection)] == ["America/Los_Angeles"]


def test_verdicts_are_those_of_a_warehouse_that_never_saw_the_extract(tmp_path: Path) -> None:
    """Months that overlap, the middle one with other doses: taken out, every verdict and count is as without it."""
    write_sample(tmp_path / "whole", sessions=40, seed=3, months=3, faults=False)
    months = [tmp_path / name for name in ("first", "wrong", "last")]
    for at, month in enumerate(months):
        shutil.copytree(tmp_path / "whole", month)
        for table in ("administration", "observation"):
            head, *rows = (month / f"{table}.csv").read_text().splitlines()
            part = [row for number, row in enumerate(rows) if number % 3 in (at, (at + 1) % 3)]
            if at == 1 and table == "administration":
                part = [row.replace(",mg,", ",mcg,") for row in part]
            (month / f"{table}.csv").write_text("\n".join([head, *part]) + "\n")
    workspaces = [tmp_path / "with", tmp_path / "without"]
    for month in months:
        load_only([month], workspaces[0])
    for month in (months[0], months[2]):
        load_only([month], workspaces[1])
    wrong = check(workspaces[0], "all", "ketamine-chronic-pain")["verdicts"]
    with connect(workspaces[0] / "warehouse.duckdb") as connection:
        remove(connection, 2)
    judged = [check(workspace, "all", "ketamine-chronic-pain") for workspace in workspaces]
    assert judged[0]["verdicts"] == judged[1]["verdicts"] != wrong
    keys = ("table", "file", "received", "loaded", "quarantined", "duplicates")
    rows = [sorted(tuple(each[key] for key in keys) for each in run["inputs"]) for run in judged]
    assert rows[0] == rows[1]
    verdicts = [Path(workspace) / "runs" / run["run_id"] / "verdicts.parquet" for workspace, run in zip(workspaces, judged, strict=True)]
    with connect() as connection:
        columns = "session_id, rule_id, verdict, grade, observed_low, observed_high, reason, detail, flags"
        difference = " except ".join(f"select {columns} from read_parquet('{file}')" for file in verdicts)
        assert connection.execute(difference).fetchall() == []


def test_an_extract_of_another_format_is_taken_out_with_what_it_alone_covered(site: Site, extract: Extracts, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "source.toml").write_text('[source]\ncoverage = "found"\n[reads]\npumps = "pumps.csv"\nseen = "seen.csv"\n')
    (own / "administration.sql").write_text(
        "select file_id, line, id as administration_id, who as patient_id, 'bolus' as event, told as started_at from pumps"
    )
    (own / "observation.sql").write_text("select file_id, line, who as patient_id, kind, value, told as effective_at from seen")
    at = "2026-06-15T10:00:00Z"
    without = Site(tmp_path)
    for name, kinds in (("one", ["rass", "weight"]), ("two", ["rass"]), ("three", ["rass", "spo2"])):
        one = extract(name).manifest(f'source_system = "{name}"')
        one.write("pumps.csv", f"id,who,told\n{name},P1,{at}\nA,P1,{at}\nbroken\n")
        one.write("seen.csv", "who,kind,value,told\n" + "".join(f"P1,{kind},1,{at}\n" for kind in kinds))
        one.load(source=str(own))
        if name != "one":
            Site(one.folder, without.connection).load(source=str(own))
    assert len(site.query("select 1 from coverage where kind = 'weight'")) == 3
    remove(site.connection, 1)
    assert contents(site) == contents(without)
