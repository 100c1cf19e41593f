"""Real infusions, read as CLIF and audited, against the same infusions as the hospital's own tables have them.

The extract is the demo of MIMIC-IV in both forms. CLIF is UTC; the hospital's tables hold its wall time. The conversion
was five hours in summer too, for in the shifted years (2110 to 2210) it knew no daylight saving time.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infusion_audit.engine import Connection, connect
from infusion_audit.load import load

from ..support.product import command, read_verdicts
from .conftest import protocol_about, reconstruct

pytestmark = pytest.mark.real_data

WALL_TIME = "interval 5 hour"
HOSPITAL = f"""
    create temp table hospital as
    select
        hadm_id as encounter_id,
        label,
        cast(starttime as timestamp) + {WALL_TIME} as started_at,
        cast(endtime as timestamp) + {WALL_TIME} as ended_at,
        cast(rate as double) as rate,
        cast(patientweight as double) as kg,
        cast(amount as double) * case amountuom when 'mcg' then 0.001 else 1 end as mg
    from read_csv($file, all_varchar = true, nullstr = '')
    where label in ('Propofol', 'Fentanyl', 'Fentanyl (Concentrate)') and amountuom in ('mg', 'mcg')
"""

# Each segment, and what the hospital charted at its rate from its start to its end: one row, or several that follow each other.
COMPARED = """
    create or replace temp table compared as
    with segment_rate as (
        select
            *,
            row_number() over (order by started_at, encounter_id, line_key) as number,
            coalesce(cast(mg_per_h_low * 1000 as double), mg_per_kg_h / 0.06) as rate
        from segment
    )

    select
        s.number,
        s.started_at,
        s.ended_at,
        s.rate,
        coalesce(cast(s.mg_per_h_low as double), s.mg_per_kg_h * max(c.kg)) * epoch_us(s.ended_at - s.started_at) / 3.6e9 as mg,
        count(c.mg) as rows_charted,
        min(c.started_at) as charted_start,
        max(c.ended_at) as charted_end,
        sum(c.mg) as charted_mg
    from segment_rate as s
    left join charted as c
        on c.encounter_id = s.encounter_id
        and c.started_at >= s.started_at
        and c.started_at < s.ended_at
        and abs(c.rate - s.rate) <= 0.000001 * c.rate
    group by s.number, s.started_at, s.ended_at, s.rate, s.mg_per_h_low, s.mg_per_kg_h
"""
AGREES = """
    rows_charted > 0 and charted_start = started_at and charted_end = ended_at
    and abs(mg - charted_mg) <= greatest(0.01 * charted_mg, 0.5)
"""


@dataclass(frozen=True)
class Audit:
    """A run of the product on the real extract."""

    folder: Path
    manifest: dict[str, Any]


@pytest.fixture(scope="module")
def audit(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The real extract, audited as a user does it, with the gate."""
    folder = tmp_path_factory.mktemp("audit")
    protocol = protocol_about("propofol", folder / "propofol.toml")
    arguments = ["--source", "clif", "--protocol", str(protocol), "--workspace", str(folder / "audit"), "--json"]
    done = command("run", str(real / "clif_2.1"), *arguments)
    assert done.returncode == 0, done.stderr
    return Audit(folder / "audit", json.loads(done.stdout))


@pytest.fixture(scope="module")
def loaded(real: Path) -> Connection:
    """The real extract loaded, and what the hospital charted beside it."""
    connection = connect()
    load(connection, [real / "clif_2.1"], source="clif")
    connection.execute(HOSPITAL, {"file": str(real / "mimic_iv" / "icu_inputevents.csv.gz")})
    return connection


@pytest.fixture
def about(loaded: Connection, tmp_path: Path, request: pytest.FixtureRequest) -> Connection:
    """Sessions and doses of one drug, and each segment beside what the hospital charted in it."""
    label = {"propofol": "Propofol", "fentanyl": "Fentanyl"}[request.param]
    reconstruct(loaded, protocol_about(request.param, tmp_path / "protocol.toml"))
    loaded.execute(f"create or replace temp table charted as select * from hospital where starts_with(label, '{label}')")
    loaded.execute(COMPARED)
    return loaded


def one(connection: Connection, query: str) -> tuple[Any, ...]:
    """The only row of a query."""
    (row,) = connection.execute(query).fetchall()
    return row


def test_the_real_propofol_audit_ends_with_a_report(audit: Audit) -> None:
    assert (audit.manifest["status"], audit.manifest["exit_code"], audit.manifest["sessions"]) == ("published", 0, 40)
    report = audit.folder / "runs" / audit.manifest["run_id"] / "index.html"
    assert "2201-11" in report.read_text("utf-8")


def test_every_real_row_is_accounted_for(audit: Audit) -> None:
    received = Counter[str]()
    for file in audit.manifest["inputs"]:
        assert file["received"] == file["loaded"] + file["quarantined"] + file["duplicates"]
        received[file["table"]] += file["received"]
    assert received == {"administration": 8940 + 4287, "observation": 49033 + 1980, "condition": 2806, "encounter": 180, "patient": 61}
    assert audit.manifest["quarantine"] == {}


def test_the_gate_lets_the_real_extract_pass_and_warns_of_its_shifted_years(audit: Audit) -> None:
    assert audit.manifest["gate"]["status"] == "warned"
    assert {"birth_date_missing", "future_rows"} <= set(audit.manifest["gate"]["failed"])


def test_every_real_session_has_one_verdict_per_rule_and_none_is_acquitted_without_a_weight(audit: Audit) -> None:
    verdicts = read_verdicts(audit.folder / "runs" / audit.manifest["run_id"] / "verdicts.parquet")
    assert set(Counter(verdict.rule_id for verdict in verdicts).values()) == {40}
    totals = Counter((verdict.verdict, verdict.reason) for verdict in verdicts if verdict.rule_id == "KD-07")
    # Rates are per kg and CLIF has no weight of the pump: only sessions of pushes alone, or over the limit by pushes alone, are decided.
    assert totals == {("not_evaluable", "pump_weight_missing"): 33, ("violation", "outside_limit"): 5, ("compliant", "within_limit"): 2}


def test_what_clif_cannot_hold_is_not_found_missing(audit: Audit) -> None:
    verdicts = read_verdicts(audit.folder / "runs" / audit.manifest["run_id"] / "verdicts.parquet")
    assert Counter(v.verdict for v in verdicts if v.rule_id == "KM-03") == {"not_evaluable": 37, "not_applicable": 3}


@pytest.mark.parametrize(("about", "segments", "rows"), [("propofol", 347, 350), ("fentanyl", 318, 318)], indirect=["about"])
def test_every_segment_is_one_the_hospital_charted_with_its_start_rate_end_and_amount(about: Connection, segments: int, rows: int) -> None:
    """Three times the hospital charted the same propofol rate anew; that is one segment here."""
    found = one(about, f"select count(*), count(*) filter (where {AGREES}), sum(rows_charted) from compared")
    assert found == (segments, segments, rows)
    assert one(about, "select count(*) from charted where rate is not null") == (rows,)


@pytest.mark.parametrize("about", ["propofol"], indirect=True)
def test_propofol_amounts_are_rate_times_weight_times_minutes_within_rounding(about: Connection) -> None:
    worst, mg, charted = one(about, "select max(abs(mg - charted_mg) / charted_mg), sum(mg), sum(charted_mg) from compared")
    assert worst < 1e-6
    assert (round(mg, 2), round(charted, 2)) == (131239.47, 131239.47)


@pytest.mark.parametrize(("about", "pushes"), [("propofol", 105), ("fentanyl", 457)], indirect=["about"])
def test_every_push_is_one_the_hospital_charted(about: Connection, pushes: int) -> None:
    ours = about.execute(
        "select encounter_id, started_at, round(mg_low::double, 5) from push where mg_low = mg_high order by all"
    ).fetchall()
    charted = about.execute("select encounter_id, started_at, round(mg, 5) from charted where rate is null order by all").fetchall()
    assert len(ours) == pushes
    assert ours == charted


@pytest.mark.parametrize("about", ["fentanyl"], indirect=True)
def test_fentanyl_totals_in_mg_are_what_the_hospital_charted_to_the_microgram(about: Connection) -> None:
    """Rates in mcg an hour need no weight, so these totals have no bounds."""
    sessions, low, high = one(about, "select count(*), sum(mg_x3600_low) / 3600, sum(mg_x3600_high) / 3600 from session_total")
    (charted,) = one(about, "select sum(mg) from charted")
    assert sessions == 40
    assert [round(float(mg), 3) for mg in (low, high, charted)] == [227.079, 227.079, 227.079]
