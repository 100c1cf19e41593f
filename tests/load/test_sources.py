"""Another format is a folder of selects; what they give is judged and loaded exactly like a canonical file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from infusion_audit.errors import UserError
from infusion_audit.load import load

from .conftest import Site, csv_text, of_table

ABOUT = """
[source]
title = "Pump log"
timezone = "America/New_York"
optional = ["scales"]
[reads]
pumps = "pumps*.csv"
people = "people.parquet"
scales = "scales.csv"
"""
ADMINISTRATION = """
select
    p.file_id, p.line, p.id as administration_id, q.mrn as patient_id, 'bolus' as event,
    p.given as started_at, p.mg as dose, 'mg' as dose_unit
from pumps as p left join people as q on q.person = p.person;
"""
WEIGHTS = "select file_id, line, mrn as patient_id, 'weight' as kind, kg as value, 'kg' as unit, seen as effective_at from scales"


@pytest.fixture
def pump_log(tmp_path: Path) -> Path:
    folder = tmp_path / "pump_log"
    folder.mkdir()
    (folder / "source.toml").write_text(ABOUT)
    (folder / "administration.sql").write_text(ADMINISTRATION)
    (folder / "observation.sql").write_text(WEIGHTS)
    return folder


@pytest.fixture
def export(site: Site) -> Site:
    site.write("pumps1.csv", "id,Person,given,mg\n1,7,2026-06-15 10:00,20\nragged\n2,7,2026-06-15 10:20,a lot\n")
    site.write("pumps2.csv", "mg,id,person,given\n5,3,7,2026-11-01 01:30\n5,4,8,2026-11-01 01:30\n")
    site.connection.execute(f"copy (select 7 as person, 'M7' as mrn) to '{site.folder}/people.parquet'")
    return site


def test_rows_of_another_format_keep_the_file_and_line_that_they_come_from(export: Site, pump_log: Path) -> None:
    result = export.load(source=str(pump_log))
    assert [(f.table, f.file, f.received, f.loaded, f.quarantined) for f in result.inputs] == [
        ("administration", "people.parquet", 0, 0, 0),
        ("administration", "pumps1.csv", 2, 2, 0),
        ("administration", "pumps2.csv", 2, 1, 1),
        ("pumps", "pumps1.csv", 1, 0, 1),
    ]
    assert export.query(
        """select a.administration_id, f.file, a.line, a.started_at::varchar, a.started_at_latest::varchar, a.invalid
        from administration as a join input_file as f using (file_id) order by 1"""
    ) == [
        ("1", "pumps1.csv", 2, "2026-06-15 14:00:00", None, None),
        ("2", "pumps1.csv", 4, "2026-06-15 14:20:00", None, ["dose"]),
        ("3", "pumps2.csv", 2, "2026-11-01 05:30:00", "2026-11-01 06:30:00", None),
    ]
    assert export.query("select table_name, line, reason from quarantine where scope = 'row' order by all") == [
        ("administration", 3, "empty"),
        ("pumps", 3, "too_few_cells"),
    ]
    assert export.query("select source_name, timezone from extract") == [(str(pump_log), "America/New_York")]


def test_loading_another_format_again_changes_nothing(export: Site, pump_log: Path) -> None:
    export.load(source=str(pump_log))
    result = export.load(source=str(pump_log))
    assert result.already_loaded
    assert of_table(result, "pumps").quarantined == 1
    assert export.value("select count(*) from administration") == 3


def test_an_optional_file_feeds_its_table_when_it_is_there(export: Site, pump_log: Path) -> None:
    export.write("scales.csv", csv_text([{"mrn": "M7", "kg": "70", "seen": "2026-06-15T09:00:00Z"}]))
    assert of_table(export.load(source=str(pump_log)), "observation").loaded == 1


EMPTY = '\n[empty]\nscales = ["mrn", "kg", "seen"]\n'
COVERAGE = '\n[[coverage]]\nview = "scales"\ntable = "observation"\nkinds = ["weight"]\n'


def test_a_view_that_may_be_empty_leaves_the_others_of_a_select_to_speak(export: Site, pump_log: Path) -> None:
    (pump_log / "source.toml").write_text(ABOUT.replace("optional", "# ") + EMPTY)
    (pump_log / "administration.sql").write_text(ADMINISTRATION.replace(";", " left join scales as s on s.mrn = q.mrn"))
    export.load(source=str(pump_log))
    assert export.value("select count(*) from administration") == 3


@pytest.mark.parametrize(
    ("scales", "manifest", "covered"),
    [
        (True, "", [("weight",)]),
        (False, "", []),
        (True, '[[coverage]]\ntable = "observation"\nkinds = ["rass"]\n', [("rass",)]),
    ],
    ids=["its file is there", "its file is missing", "the manifest says otherwise"],
)
def test_a_format_covers_what_its_files_hold_unless_the_manifest_speaks(
    export: Site, pump_log: Path, scales: bool, manifest: str, covered: list[tuple[str]]
) -> None:
    (pump_log / "source.toml").write_text(ABOUT + EMPTY + COVERAGE)
    export.manifest(manifest)
    if scales:
        export.write("scales.csv", csv_text([{"mrn": "M7", "kg": "70", "seen": "2026-06-15T09:00:00Z"}]))
    export.load(source=str(pump_log))
    assert export.query("select kind from coverage where table_name = 'observation'") == covered


def test_a_manifest_that_is_no_file_is_not_passed_over(export: Site, pump_log: Path) -> None:
    (export.folder / "manifest.toml").unlink(missing_ok=True)
    (export.folder / "manifest.toml").mkdir()
    with pytest.raises(UserError, match=r"manifest\.toml is a folder"):
        export.load(source=str(pump_log))


def test_a_missing_file_of_the_format_is_named(site: Site, pump_log: Path) -> None:
    with pytest.raises(UserError, match=r"no file pumps\*\.csv, which the source"):
        site.load(source=str(pump_log))


def test_an_unknown_source_is_named(site: Site) -> None:
    with pytest.raises(UserError, match='there is no source "canonicle"; did you mean "canonical"'):
        load(site.connection, [site.folder], source="canonicle")


@pytest.mark.parametrize(
    ("file", "text", "problems"),
    [
        (
            "administration.sql",
            "select file_id, line, id as administration_id, dosis from (select *, 1 as dosis from pumps)",
            ["gives no column patient_id", 'gives a column dosis, which the table does not have; did you mean "dose"?'],
        ),
        ("administration.sql", "select 1; drop table patient", ["is not one select"]),
        ("administration.sql", "create table x as select 1", ["is not one select"]),
        ("administration.sql", "select (select content from read_text('/etc/passwd')) as a from dose", ["reads read_text()"]),
        (
            "administration.sql",
            "select * from dose, '/etc/x.csv' join duckdb_settings() on true",
            ["reads '/etc/x.csv', duckdb_settings()"],
        ),
        ("administration.sql", "select nothing from pumps", ["does not run"]),
        ("administrations.sql", "select 1", ['there is no table administrations; did you mean "administration"?']),
        (
            "source.toml",
            "[sources]\n[reads]\nx = 3",
            ['there is no table "sources"; did you mean "source"?', "reads.x is not a file pattern"],
        ),
        (
            "source.toml",
            ABOUT + '[empty]\nscale = ["kg"]\npumps = 3',
            ['"scale" of empty is no view; did you mean "scales"?', "empty.pumps is not a list"],
        ),
        (
            "source.toml",
            ABOUT + '[reads.more]\ntable = "more"\nfeeds = ["observations"]',
            ['reads.more: there is no table "observations"; did you mean "observation"?'],
        ),
        (
            "source.toml",
            ABOUT + '[reads.more]\ntable = "more"\nfeeds = 3',
            ["reads.more: needs, uses and tabs are lists of columns, and feeds"],
        ),
        ("source.toml", ABOUT + "[coverage]\nview = 1", ["coverage is written as [[coverage]] tables"]),
        (
            "source.toml",
            ABOUT
            + '[[coverage]]\nview = "scale"\nkind = 1\n'
            + '[[coverage]]\nview = "scales"\ntable = "observations"\n'
            + '[[coverage]]\nview = "scales"\ntable = "observation"\nkinds = []',
            [
                'coverage: there is no view "scale"; did you mean "scales"?',
                'there is no key "kind"; did you mean "kinds"?',
                'coverage: there is no table "observations"; did you mean "observation"?',
                "coverage of scales: kinds is not a list of kinds",
            ],
        ),
    ],
)
def test_a_format_that_is_wrong_says_what_is_wrong(export: Site, pump_log: Path, file: str, text: str, problems: Sequence[str]) -> None:
    (pump_log / file).write_text(text)
    with pytest.raises(UserError) as caught:
        export.load(source=str(pump_log))
    for problem in problems:
        assert problem in str(caught.value)


def test_a_select_that_loses_where_its_rows_come_from_is_refused(export: Site, pump_log: Path) -> None:
    (pump_log / "administration.sql").write_text(ADMINISTRATION.replace("p.line,", "null as line,"))
    with pytest.raises(UserError, match="rows without the file_id and line"):
        export.load(source=str(pump_log))
    assert export.value("select count(*) from input_file") == 0
