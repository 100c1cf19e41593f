"""Formats of JSON records: lines, documents and arrays become the same rows, and no damage becomes an empty one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.errors import UserError

from .conftest import Site, of_table

ABOUT = """
[source]
title = "Smart pumps"
coverage = "found"
[reads.events]
files = ["*.ndjson", "*.ndjson.gz", "*.json"]
shape = "event.json"
holds = ["batch", "event"]
[maps]
drug_code = {file = "drug.csv", key = ["code"]}
"""
SHAPE = {"type": "text", "id": "text", "who": {"id": "text"}, "seen": "text", "doses": [{"value": "text", "unit": "text"}], "drug": "text"}
ADMINISTRATION = """
select
    e.file_id, e.line, e.id as administration_id, e.who.id as patient_id, 'bolus' as event, e.seen as started_at,
    e.doses[1].value as dose, e.doses[1].unit as dose_unit, coalesce(d.name, e.drug) as product,
    case when e.drug = 'mixed up' then 'contradicts_order' end as refused
from push as e left join drug_code as d on d.code = e.drug
"""
WEIGHT = """
select file_id, line, who.id as patient_id, 'weight' as kind, doses[1].value as value, 'kg' as unit, seen as effective_at
from events where type = 'weight'
"""
BROKEN = """
select file_id, line, 'administration' as table_name, regexp_extract(raw, '"who": *\\{"id": *"([^"]+)"', 1) as patient_id
from broken_line where contains(raw, '"push"')
"""
NOTICE = """
select 'drug without a name' as topic, p.drug as value, count(*) as occurrences
from push as p where p.drug not in (select code from drug_code) group by p.drug
"""


@pytest.fixture
def pumps(tmp_path: Path) -> Path:
    folder = tmp_path / "pumps"
    (folder / "steps").mkdir(parents=True)
    files = {
        "source.toml": ABOUT,
        "event.json": json.dumps(SHAPE),
        "drug.csv": "code,name\nK,ketamine\nP,propofol\n",
        "administration.sql": ADMINISTRATION,
        "observation.sql": WEIGHT,
        "broken_line.sql": BROKEN,
        "notice.sql": NOTICE,
        "steps/1_push.sql": "select * from events where type = 'push'",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def push(number: int = 1, **changed: Any) -> dict[str, Any]:
    record = {"type": "push", "id": f"A{number}", "who": {"id": "P1"}, "seen": "2026-06-15T10:00:00Z"}
    return {**record, "doses": [{"value": 20.50, "unit": "mg"}], "drug": "K", "ignored": {"x": 1}, **changed}


WEIGHED = {"type": "weight", "id": "W1", "who": {"id": "P1"}, "seen": "2026-06-15T09:00:00Z", "doses": [{"value": 70}]}


def lines(*records: Any) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in records)


ROWS = "select administration_id, line, dose::varchar, product from administration order by line, 1"
SOUND = [("A1", 1, "20.500000000", "ketamine"), ("A2", 2, "20.500000000", "ketamine")]


def test_every_line_is_a_row_with_its_line_and_exact_numbers(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1), push(2), WEIGHED))
    result = site.load(source=str(pumps))
    assert site.query(ROWS) == SOUND
    assert of_table(result, "observation").loaded == 1
    assert site.load(source=str(pumps)).already_loaded


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(lines(push(1), push(2)).encode()),
        b"\xef\xbb\xbf" + lines(push(1), push(2)).encode(),
        lines(push(1), push(2)).replace("\n", "\r\n").encode(),
        ("[" + json.dumps(push(1)) + ",\n" + json.dumps(push(2)) + "]").encode(),
        (
            json.dumps({"a": 1, "batch": "B"})[:-4] + '[{"event":' + json.dumps(push(1)) + '},\n{"event":' + json.dumps(push(2)) + "}]}"
        ).encode(),
    ],
    ids=["gzip", "byte order mark", "carriage returns", "array", "document that holds them"],
)
def test_the_same_records_in_another_form_are_the_same_rows(site: Site, pumps: Path, content: bytes) -> None:
    site.write("a.ndjson.gz" if content.startswith(b"\x1f\x8b") else "a.ndjson", content)
    site.load(source=str(pumps))
    assert site.query(ROWS) == SOUND


def test_records_that_share_a_line_are_told_by_their_number(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines({"batch": [{"event": push(1)}, {"event": push(2)}]}, push(3)))
    site.load(source=str(pumps))
    assert site.query("select administration_id, line from administration order by 1") == [("A1", 1), ("A2", 2), ("A3", 3)]


TWICE = '{"type": "push", "id": "A2", "who": {"id": "P1"}, "doses": [{"value": 1, "value": 2}]}'


@pytest.mark.parametrize(
    ("line", "reason", "patient"),
    [
        (json.dumps(push(2))[:70], "not_json", "P1"),
        (TWICE, "duplicate_key", "P1"),
        (json.dumps(push(2, doses="20 mg")), "wrong_shape", "P1"),
        (json.dumps(push(2, who="P1")), "wrong_shape", ""),
        (json.dumps(push(2, id="\x00")), "nul_byte", "P1"),
        (json.dumps(push(2, id="\ud800")), "invalid_utf8", "P1"),
        (json.dumps(push(2, note="x" * (33 << 20))), "record_too_long", "P1"),
    ],
    ids=["truncated", "duplicate key", "text for a list", "text for an object", "nul", "half a character", "giant"],
)
def test_a_broken_line_costs_only_itself_and_is_no_empty_row(site: Site, pumps: Path, line: str, reason: str, patient: str) -> None:
    site.write("a.ndjson", lines(push(1), line, push(3)))
    result = site.load(source=str(pumps))
    assert site.query("select administration_id, line from administration order by 1") == [("A1", 1), ("A3", 3)]
    counts = of_table(result, "administration")
    assert (counts.received, counts.loaded, counts.quarantined) == (3, 2, 1)
    assert site.query("select table_name, line, scope, reason, coalesce(patient_id, '') from quarantine") == [
        ("administration", 2, "row", reason, patient)
    ]


def test_bytes_that_are_no_text_are_named_with_their_line(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1)).encode() + b'{"type": "other", "id": "\xff"}\n' + lines(push(3)).encode())
    result = site.load(source=str(pumps))
    assert of_table(result, "administration").loaded == 2
    assert site.query("select table_name, line, reason from quarantine") == [("events", 2, "invalid_utf8")]


def test_a_document_that_breaks_off_is_refused_with_its_line_and_the_way_out(site: Site, pumps: Path) -> None:
    site.write("a.json", "[\n" + json.dumps(push(1)) + ",\n" + json.dumps(push(2))[:50])
    with pytest.raises(UserError, match=r"a\.json, line 3: the JSON document breaks off.*\n.*NDJSON"):
        site.load(source=str(pumps))
    assert site.value("select count(*) from administration") == 0


def test_a_row_that_the_format_does_not_believe_is_lost_and_not_absent(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1), push(2, drug="mixed up")))
    result = site.load(source=str(pumps))
    assert (of_table(result, "administration").loaded, of_table(result, "administration").quarantined) == (1, 1)
    assert site.query("select table_name, line, reason, patient_id, event, product, on_date::varchar, row_key from quarantine") == [
        ("administration", 2, "contradicts_order", "P1", "bolus", "mixed up", "2026-06-15", "A2")
    ]


def test_several_rows_of_one_line_are_told_apart_or_refused(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1)))
    twice = ADMINISTRATION.replace("from push as e", ", n.part from push as e cross join (values (0), (1)) as n (part)").replace(
        "e.id as", "e.id || n.part as"
    )
    (pumps / "administration.sql").write_text(twice)
    result = site.load(source=str(pumps))
    assert [(f.file, f.loaded) for f in result.inputs if f.table == "administration"] == [("a.ndjson", 1), ("a.ndjson (part 2)", 1)]
    assert site.load(source=str(pumps)).already_loaded
    (pumps / "administration.sql").write_text(twice.replace(", n.part from", " from"))
    with pytest.raises(UserError, match="gives several rows for one line of a file\nTell them apart by a column part"):
        site.load(source=str(pumps))


def test_codes_that_are_in_no_map_are_counted_and_not_guessed(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1), push(2, drug="KETAMIN"), push(3, drug="KETAMIN")))
    assert site.load(source=str(pumps)).notices == [("drug without a name", "KETAMIN", 2)]
    assert site.query("select topic, value, occurrences from source_notice") == [("drug without a name", "KETAMIN", 2)]
    assert site.value("select count(*) from administration where product = 'ketamine'") == 1


def test_only_what_the_extract_has_a_row_of_is_covered(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1)))
    site.load(source=str(pumps))
    assert site.query("select table_name, kind from coverage") == [("administration", None)]
    site.write("b.ndjson", lines(WEIGHED))
    site.load(source=str(pumps))
    assert ("observation", "weight") in site.query("select table_name, kind from coverage")


def test_a_format_of_ones_own_adds_to_another_and_its_codes_come_first(site: Site, pumps: Path, tmp_path: Path) -> None:
    own = tmp_path / "ours"
    own.mkdir()
    (own / "source.toml").write_text(f'[source]\nextends = "{pumps}"\n[maps]\ndrug_code = {{file = "d.csv", key = ["code"]}}\n')
    (own / "d.csv").write_text("code,name\nKETAMIN,ketamine\nP,esketamine\n")
    site.write("a.ndjson", lines(push(1), push(2, drug="KETAMIN"), push(3, drug="P")))
    assert site.load(source=str(own)).notices == []
    assert [row[3] for row in site.query(ROWS)] == ["ketamine", "ketamine", "esketamine"]


def test_another_mapping_reads_the_same_files_anew(site: Site, pumps: Path) -> None:
    site.write("a.ndjson", lines(push(1, drug="KETAMIN")))
    site.load(source=str(pumps))
    (pumps / "drug.csv").write_text("code,name\nKETAMIN,ketamine\n")
    assert not site.load(source=str(pumps)).already_loaded
    assert site.query("select product from administration") == [("ketamine",)]


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("drug.csv", "code,name\nK,ketamine\nK,propofol\n", "k is there 2 times"),
        ("drug.csv", "cod,name\nK,ketamine\n", 'there is no column code; did you mean "cod"?'),
        ("drug.csv", "code,name\nK\n", "has 1 cells, and the header 2"),
        ("event.json", '{"id": "number"}', 'a shape is an object of "text"'),
        ("event.json", "{", "cannot be read as JSON"),
        ("notice.sql", "select 1 as topic", "notice.sql of the source"),
        ("broken_line.sql", "select nothing", "broken_line.sql of the source"),
        ("steps/1_push.sql", "select nothing", "the step push.sql of the source"),
    ],
)
def test_what_is_wrong_with_the_folder_is_named(site: Site, pumps: Path, file: str, text: str, problem: str) -> None:
    site.write("a.ndjson", lines(push(1), "{"))
    (pumps / file).write_text(text)
    with pytest.raises(UserError) as caught:
        site.load(source=str(pumps))
    assert problem in str(caught.value)
