"""Real infusions, read as MIMIC-IV, as CLIF and as FHIR R4: session for session the same, and every difference with its cause in the data.

The extract is the demo of MIMIC-IV in its three forms. What differs between them:

- FHIR dates a push by its end, one minute after its start, by which the other two date it.
- CLIF keeps rates as 32-bit floats, so that rates charted alike may differ from each other in the seventh digit.
- CLIF turns pounds into kilograms with one decimal; MIMIC-IV has the pounds.
- MIMIC-IV alone has the weight with which a pump's rate was made an amount. Totals are decided by it.
- MIMIC-IV alone has the arrival from an operating room. Sessions after it are judged as postsurgical.
- MIMIC-IV alone has end-tidal carbon dioxide, which is an assessment of breathing.
- FHIR alone has birth dates, made from the age in the anchor year. MIMIC-IV has only that age, and CLIF leaves the date out.
- FHIR has no vital signs, weights or sedation scores in this export.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.load import LoadResult, load

from ..support.product import command
from .conftest import protocol_about, reconstruct

pytestmark = pytest.mark.real_data

FORMS = {"fhir-r4": "fhir", "clif": "clif_2.1", "mimic-iv": "mimic_iv"}
WALL = {
    "fhir-r4": "timezone('America/New_York', timezone('UTC', {at}))",
    "clif": "{at} - interval 5 hour",
    "mimic-iv": "{at}",
    "without weight": "{at}",
}
MINUTE_S = 60
SEVENTH_DIGIT = 1e-6

Forms = dict[str, Connection]


@pytest.fixture(scope="module")
def forms(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """Propofol reconstructed from each form of the same patients, and from MIMIC-IV without the weight that only it has."""
    protocol = protocol_about("propofol", tmp_path_factory.mktemp("protocol") / "propofol.toml")
    found: Forms = {}
    for form, source in {**{name: name for name in FORMS}, "without weight": "mimic-iv"}.items():
        found[form] = connect()
        load(found[form], [real / FORMS[source]], source=source)
        if form == "without weight":
            found[form].execute("update administration set pump_weight = null, pump_weight_unit = null")
        reconstruct(found[form], protocol)
    return found


def of(forms: Forms, form: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query about one form; START and END are the hospital's wall times."""
    for word, column in (("START", "started_at"), ("END", "ended_at")):
        query = query.replace(word, WALL[form].format(at=column))
    return forms[form].execute(query).fetchall()


def verdicts(forms: Forms, form: str) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Verdict, reason and value by the number of the session in time and the rule."""
    query = """select dense_rank() over (order by START), rule_id, verdict, reason, observed
        from verdict inner join session using (session_id)"""
    return {(row[0], row[1]): row[2:] for row in of(forms, form, query)}


def differences(forms: Forms, one: str, other: str) -> Counter[tuple[str, ...]]:
    """How often a rule came to another verdict, or to it for another reason."""
    ours, theirs = verdicts(forms, one), verdicts(forms, other)
    assert ours.keys() == theirs.keys()
    return Counter((key[1], *ours[key][:2], *theirs[key][:2]) for key in ours if ours[key][:2] != theirs[key][:2])


def test_all_forms_have_the_same_sessions(forms: Forms) -> None:
    found = {form: of(forms, form, "select START, END from session order by 1") for form in forms}
    assert len(found["mimic-iv"]) == 40
    assert found["mimic-iv"] == found["clif"] == found["without weight"]
    later = [
        (ours, theirs)
        for row, other in zip(found["fhir-r4"], found["mimic-iv"], strict=True)
        for ours, theirs in zip(row, other, strict=True)
        if ours != theirs
    ]
    assert len(later) == 11
    assert {(ours - theirs).total_seconds() for ours, theirs in later} == {MINUTE_S}


def test_all_forms_have_the_same_segments_with_the_same_rates(forms: Forms) -> None:
    """Where CLIF's floats make two of one rate, its two segments abut."""
    query = "select START, END, mg_per_kg_h::double from segment where mg_per_kg_h > 0 order by 1, 2, 3"
    found = {form: of(forms, form, query) for form in ("fhir-r4", "clif", "without weight")}
    ours = found["without weight"]
    assert [row[:2] for row in ours] == [row[:2] for row in found["fhir-r4"]]
    assert all(abs(a[2] - b[2]) <= SEVENTH_DIGIT * a[2] for a, b in zip(ours, found["fhir-r4"], strict=True))
    assert (len(ours), len(found["clif"])) == (345, 347)
    starts = {row[0]: row for row in ours}
    halves = [row for row in found["clif"] if row[0] not in starts or starts[row[0]][1] != row[1]]
    assert len(halves) == 4
    assert [(a[1], b[1]) for a, b in (halves[:2], halves[2:])] == [(b[0], starts[a[0]][1]) for a, b in (halves[:2], halves[2:])]
    rates = {row[0]: row[2] for row in found["clif"]}
    assert all(abs(rates[start] - row[2]) <= SEVENTH_DIGIT * row[2] for start, row in starts.items())


def test_all_forms_have_the_same_pushes(forms: Forms) -> None:
    query = "select START {later}, round(mg_low::double, 4) from push order by 1, 2"
    ours = of(forms, "mimic-iv", query.format(later=""))
    assert len(ours) == 105
    assert ours == of(forms, "clif", query.format(later=""))
    assert of(forms, "mimic-iv", query.format(later="+ interval 1 minute")) == of(forms, "fhir-r4", query.format(later=""))


def test_the_weight_of_the_pump_makes_the_rates_of_the_chart_its_amounts(forms: Forms, real: Path) -> None:
    """Every milligram that the hospital charted, and no other, is in a session's total."""
    (row,) = of(forms, "mimic-iv", "select sum(mg_x3600_low)::double / 3600, sum(mg_x3600_high)::double / 3600 from session_total")
    file = str(real / "mimic_iv" / "icu_inputevents.csv.gz")
    query = "select sum(amount::double) from read_csv($file, all_varchar = true) where label = 'Propofol' and amountuom = 'mg'"
    (charted,) = forms["mimic-iv"].execute(query, {"file": file}).fetchall()[0]
    assert [round(mg, 2) for mg in (*row, charted)] == [round(charted, 2)] * 3


def test_monitoring_gaps_are_the_same_but_for_one_that_carbon_dioxide_shortens(forms: Forms) -> None:
    """At 14:02 the end-tidal carbon dioxide was charted, the last sign of breathing before 19:22; CLIF has a rate at 14:00."""
    ours, theirs = verdicts(forms, "mimic-iv"), verdicts(forms, "clif")
    gaps = [key for key in ours if key[1] in ("KM-01", "KM-02")]
    assert len(gaps) == 80
    assert {(key[1], ours[key], theirs[key]) for key in gaps if ours[key] != theirs[key]} == {
        ("KM-02", ("violation", "outside_limit", 320.0), ("violation", "outside_limit", 322.0))
    }


POSTSURGICAL = Counter(
    {
        ("KD-02", "not_applicable", "context_postsurgical", "violation", "outside_limit"): 3,
        ("KD-03", "not_applicable", "context_postsurgical", "compliant", "within_limit"): 3,
        ("KD-04", "violation", "outside_limit", "not_applicable", "context_chronic"): 3,
        ("KD-05", "compliant", "within_limit", "not_applicable", "context_chronic"): 3,
        ("KS-01", "not_applicable", "context_postsurgical", "not_evaluable", "drug_history_not_covered"): 3,
    }
)
"""Three sessions began within 72 hours of an arrival from the operating room, which CLIF and this FHIR export do not have."""


def test_without_the_weight_only_the_operating_room_makes_another_verdict_than_clif(forms: Forms) -> None:
    assert differences(forms, "without weight", "clif") == POSTSURGICAL


PUMP_WEIGHT = Counter(
    {
        ("KD-01", "compliant", "within_limit", "not_evaluable", "dose_unknown"): 1,
        ("KD-03", "violation", "outside_limit", "compliant", "within_limit"): 2,
        ("KD-07", "compliant", "within_limit", "not_evaluable", "pump_weight_missing"): 1,
        ("KD-07", "violation", "outside_limit", "not_evaluable", "pump_weight_missing"): 32,
    }
)
"""An amount of a rate per kg needs the pump's weight. Of KD-03, one patient's pump ran with 58 kg, and 94 to 102 kg were weighed."""


def test_the_weight_decides_what_clif_leaves_open(forms: Forms) -> None:
    assert differences(forms, "mimic-iv", "clif") == POSTSURGICAL + PUMP_WEIGHT


NOT_IN_FHIR = Counter(
    {
        ("KC-01", "compliant", "within_limit", "not_evaluable", "blood_pressure_missing"): 3,
        ("KC-01", "not_evaluable", "diagnosis_not_readable", "not_evaluable", "blood_pressure_missing"): 27,
        ("KD-01", "compliant", "within_limit", "not_evaluable", "weight_missing"): 20,
        ("KD-01", "not_evaluable", "dose_unknown", "not_evaluable", "weight_missing"): 1,
        ("KD-01", "violation", "outside_limit", "not_evaluable", "weight_missing"): 5,
        ("KD-07", "compliant", "within_limit", "not_evaluable", "weight_missing"): 2,
        ("KD-07", "not_evaluable", "pump_weight_missing", "not_evaluable", "weight_missing"): 33,
        ("KD-07", "violation", "outside_limit", "not_evaluable", "weight_missing"): 5,
        ("KM-01", "violation", "outside_limit", "not_evaluable", "not_covered"): 37,
        ("KM-02", "compliant", "within_limit", "not_evaluable", "not_covered"): 3,
        ("KM-02", "violation", "outside_limit", "not_evaluable", "not_covered"): 34,
    }
)
"""The export has no vital signs, no weights and no sedation scores."""

BIRTH_DATES = Counter(
    {
        ("KC-02", "not_evaluable", "age_unknown", "not_applicable", "age_not_childbearing"): 7,
        ("KC-02", "not_evaluable", "age_unknown", "not_evaluable", "pregnancy_unknown"): 5,
    }
)
"""Only FHIR has them."""


def test_what_fhir_lacks_or_alone_has_makes_every_other_difference(forms: Forms) -> None:
    assert differences(forms, "without weight", "fhir-r4") == POSTSURGICAL + NOT_IN_FHIR + BIRTH_DATES


@pytest.mark.parametrize("rule", ["KD-01", "KD-07"])
def test_values_per_kilogram_differ_from_those_of_clif_by_its_rounding_of_pounds(forms: Forms, rule: str) -> None:
    ours, theirs = verdicts(forms, "without weight"), verdicts(forms, "clif")
    values = [(ours[key][2], theirs[key][2]) for key in ours if key[1] == rule and ours[key][2] is not None]
    assert values
    assert all(abs(a - b) <= 0.05 / 40 * b for a, b in values)


@pytest.fixture(scope="module")
def loaded(real: Path) -> tuple[Connection, LoadResult]:
    connection = connect()
    return connection, load(connection, [real / "mimic_iv"], source="mimic-iv")


def test_every_real_row_is_accounted_for(loaded: tuple[Connection, LoadResult]) -> None:
    connection, result = loaded
    received = Counter[str]()
    for file in result.inputs:
        assert file.received == file.loaded + file.quarantined + file.duplicates
        received[file.table] += file.received
    assert received == {"administration": 13171, "observation": 46870, "condition": 2351, "encounter": 156, "patient": 61, "procedure": 18}
    # Fluids whose start this copy of the table does not have, and routes that are not intravenous but no more than that.
    query = "select scope, column_name, reason, count(*) from quarantine group by all order by all"
    assert connection.execute(query).fetchall() == [("cell", "route", "not_allowed", 798), ("row", "started_at", "empty", 586)]
    query = "select count(*) from quarantine where scope = 'row' and product in ('propofol', 'fentanyl', 'midazolam', 'dexmedetomidine')"
    assert connection.execute(query).fetchall() == [(0,)]


def test_the_real_audit_ends_with_a_report_that_says_what_was_not_used(real: Path, tmp_path: Path) -> None:
    protocol = protocol_about("propofol", tmp_path / "propofol.toml")
    arguments = ["--source", "mimic-iv", "--protocol", str(protocol), "--workspace", str(tmp_path / "audit")]
    done = command("run", str(real / "mimic_iv"), *arguments)
    assert done.returncode == 0, done.stderr
    (page,) = (tmp_path / "audit" / "runs").glob("*/data-quality.html")
    assert "rewritten rows cannot be told from others" in page.read_text("utf-8")
