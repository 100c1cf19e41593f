"""Real infusions, read as FHIR R4 and audited, against the same infusions as CLIF has them; and the sample clinic in both forms.

The extract is the demo of MIMIC-IV. What differs between its two forms is in the data:
FHIR has the hospital's wall time with the offset of New York, CLIF the same wall time five hours on, in summer too;
FHIR dates a push by its end, one minute after its start, by which CLIF dates it;
CLIF keeps rates as 32-bit floats, so that rates charted alike may differ from each other in the seventh digit;
CLIF has vital signs, sedation scores and weights, which this export in FHIR has not;
FHIR has the nurses' record of the same drips (eMAR) too, which is listed as another product and never added.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.judge import judge
from infusion_audit.load import LoadResult, load
from infusion_audit.period import parse_period
from infusion_audit.protocol import load_protocol
from infusion_audit.rulebook import Rulebook
from infusion_audit.sample import write_sample

from ..support.product import command, protocol_file
from .conftest import protocol_about, reconstruct

WALL = {"fhir-r4": "timezone('America/New_York', timezone('UTC', {at}))", "clif": "{at} - interval 5 hour"}
FOLDER = {"fhir-r4": "fhir", "clif": "clif_2.1"}
ENDS_A_MINUTE_LATER = "interval 1 minute"


def wall(source: str, column: str) -> str:
    """The hospital's wall time of an instant."""
    return WALL[source].format(at=column)


@pytest.fixture(scope="module")
def both(real: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Connection]:
    """Propofol reconstructed from both forms of the same patients."""
    protocol = protocol_about("propofol", tmp_path_factory.mktemp("protocol") / "propofol.toml")
    found: dict[str, Connection] = {}
    for source, folder in FOLDER.items():
        found[source] = connect()
        load(found[source], [real / folder], source=source)
        reconstruct(found[source], protocol)
    return found


def of(both: dict[str, Connection], query: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a query about each form; START and END are wall times."""
    return {
        source: connection.execute(query.replace("START", wall(source, "started_at")).replace("END", wall(source, "ended_at"))).fetchall()
        for source, connection in both.items()
    }


@pytest.mark.real_data
def test_both_forms_have_the_same_sessions(both: dict[str, Connection]) -> None:
    """A session that begins or ends with a push does so within the minute by which the forms date a push differently."""
    found = of(both, "select START, END from session order by 1")
    assert len(found["fhir-r4"]) == len(found["clif"]) == 40
    for ours, theirs in zip(found["fhir-r4"], found["clif"], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert 0 <= (a - b).total_seconds() <= 60


@pytest.mark.real_data
def test_both_forms_have_the_same_segments_with_the_same_rates(both: dict[str, Connection]) -> None:
    """Where CLIF's floats make two of one rate, its segments abut; then they are one here."""
    found = of(both, "select START, END, mg_per_kg_h::double from segment where mg_per_kg_h > 0 order by 1, 2, 3")
    ours, theirs = found["fhir-r4"], found["clif"]
    assert (len(ours), len(theirs)) == (345, 347)
    unmatched = [row for row in ours if not any(row[:2] == other[:2] and abs(row[2] - other[2]) <= 1e-6 * row[2] for other in theirs)]
    assert len(unmatched) == 2
    for start, end, rate in unmatched:
        pieces = [other for other in theirs if start <= other[0] and other[1] <= end and abs(rate - other[2]) <= 1e-6 * rate]
        assert (pieces[0][0], pieces[-1][1], len(pieces)) == (start, end, 2)
        assert pieces[0][1] == pieces[1][0]


@pytest.mark.real_data
def test_both_forms_have_the_same_pushes_a_minute_apart(both: dict[str, Connection]) -> None:
    found = of(both, "select START, round(mg_low::double, 4) from push order by 1, 2")
    assert len(found["fhir-r4"]) == 105
    minute_later = both["clif"].execute(
        f"select {wall('clif', 'started_at')} + {ENDS_A_MINUTE_LATER}, round(mg_low::double, 4) from push order by 1, 2"
    )
    assert found["fhir-r4"] == minute_later.fetchall()


@pytest.mark.real_data
def test_the_rates_of_both_forms_get_the_same_verdicts(both: dict[str, Connection]) -> None:
    query = "select START, verdict from verdict inner join session using (session_id) where rule_id = '{rule}' order by 1"
    for rule in ("KD-02", "KD-03", "KD-04", "KD-05", "KD-06"):
        found = of(both, query.replace("{rule}", rule))
        assert [row[1] for row in found["fhir-r4"]] == [row[1] for row in found["clif"]], rule


@pytest.mark.real_data
def test_every_real_resource_is_accounted_for_and_what_is_refused_contradicts_itself(real: Path) -> None:
    connection = connect()
    result = load(connection, [real / "fhir"], source="fhir-r4")
    received = Counter[str]()
    for file in result.inputs:
        assert file.received == file.loaded + file.quarantined + file.duplicates
        received[file.table] += file.received
    assert received == {"administration": 19682 + 13171, "condition": 2351, "encounter": 241, "medication_order": 10264, "patient": 61}
    refused = connection.execute("select reason, count(*) from quarantine where scope = 'row' group by all order by all").fetchall()
    assert refused == [("dose_contradicts_rate", 8), ("product_not_mapped", 4)]
    assert connection.execute("select count(*) from administration where product = 'propofol' and event = 'infusion'").fetchall() == [
        (350,)
    ]


@pytest.mark.real_data
def test_the_real_audit_ends_with_a_report_that_says_what_was_not_used(real: Path, tmp_path: Path) -> None:
    protocol = protocol_about("propofol", tmp_path / "propofol.toml")
    arguments = ["--source", "fhir-r4", "--protocol", str(protocol), "--workspace", str(tmp_path / "audit"), "--json"]
    done = command("run", str(real / "fhir"), *arguments)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert (manifest["status"], manifest["sessions"]) == ("published", 40)
    assert {"topic": "drug in no map", "value": "norepinephrine", "occurrences": 632} in manifest["source_notices"]
    page = (tmp_path / "audit" / manifest["report"]).parent / "data-quality.html"
    assert "norepinephrine" in page.read_text("utf-8")


STOCK = {"KR-01", "KR-02"}
"""The rules about stock movements, which have no resource in this format."""


def audited(folder: Path, source: str, protocol: Path, *, faults: bool) -> tuple[LoadResult, dict[tuple[str, str], tuple[Any, ...]]]:
    write_sample(folder, sessions=150, seed=19, months=5, faults=faults, format=source)
    connection = connect()
    result = load(connection, [folder], source=source)
    judge(connection, load_protocol(str(protocol)), Rulebook.load(), parse_period("all", date(2026, 1, 1)), "test")
    columns = "verdict, grade, observed, observed_low, observed_high, reason, detail, flags"
    rows = connection.execute(f"select session_id, rule_id, {columns} from verdict").fetchall()
    return result, {row[:2]: row[2:] for row in rows}


@pytest.mark.parametrize("faults", [False, True], ids=["clean", "with faults"])
def test_the_same_clinic_gets_the_same_verdicts_in_fhir(tmp_path: Path, faults: bool) -> None:
    """Every verdict, value, reason, sentence and flag of every rule, but for the stock."""
    protocol = protocol_file(tmp_path / "all.toml")
    _, canonical = audited(tmp_path / "canonical", "canonical", protocol, faults=faults)
    result, fhir = audited(tmp_path / "fhir", "fhir-r4", protocol, faults=faults)
    assert fhir.keys() == canonical.keys()
    assert {key: row for key, row in fhir.items() if key[1] not in STOCK} == {
        key: row for key, row in canonical.items() if key[1] not in STOCK
    }
    assert {row[0] for key, row in fhir.items() if key[1] in STOCK} <= {"not_evaluable", "not_applicable"}
    assert faults or (result.notices, [file for file in result.inputs if file.quarantined]) == ([], [])


def test_a_file_without_resources_holds_none_and_is_no_error(tmp_path: Path) -> None:
    write_sample(tmp_path / "data", sessions=20, seed=1, months=6, faults=False, format="fhir-r4")
    assert (tmp_path / "data" / "Intervention.ndjson").stat().st_size == 0
    with connect() as connection:
        loaded = load(connection, [tmp_path / "data"], source="fhir-r4")
    assert sum(each.quarantined for each in loaded.inputs) == 0
    assert {each.file for each in loaded.inputs} >= {"Intervention.ndjson", "MedicationAdministration.ndjson"}
