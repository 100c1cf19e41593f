"""What earlier runs say beside this one: whole months, the latest run of each, and findings by their key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infusion_audit.engine import resource
from infusion_audit.errors import UserError
from infusion_audit.history import install
from infusion_audit.period import parse_period, period_before
from infusion_audit.trend_setting import read_trend_setting
from infusion_audit.workspace import Workspace

TALLY = "part varchar, place varchar, rule_id varchar, compliant bigint, violation bigint, not_evaluable bigint, not_applicable bigint"


def manifest(run_id: str, period: str, version: str = "1.0", **changes: Any) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "period": period,
        "protocol": {"id": "ketamine-chronic-pain", "version": version, "sha256": "5e"},
        "report": f"runs/{run_id}/index.html",
        "previous_run_id": None,
        "sessions": 1,
        "verdicts": {"KD-01": {"compliant": 1, "violation": 0, "not_evaluable": 0, "not_applicable": 0}},
        **changes,
    }


def days(connection: duckdb.DuckDBPyConnection, spans: dict[str, int], table: str = "tally") -> None:
    """A tally with one compliant session on each of the first days of each month."""
    connection.execute(f"create or replace temp table {table} ({TALLY})")
    for month, number in spans.items():
        for day in range(number):
            place = date.fromisoformat(f"{month}-01") + timedelta(day)
            connection.execute(f"insert into {table} values ('day', ?, 'KD-01', 1, 0, 0, 0)", [place.isoformat()])


class Site:
    """A workspace with stored runs, and the tables of the run that is being rendered."""

    def __init__(self, home: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
        self.home, self.connection = home, connection

    def past(self, entry: dict[str, Any], months: dict[str, int]) -> None:
        data = self.home.run_folder(entry["run_id"]) / "data"
        data.mkdir(parents=True)
        (data.parent / "run.json").write_text(json.dumps(entry), "utf-8")
        days(self.connection, months, "past")
        self.connection.execute(f"copy past to '{data / 'tally.parquet'}' (format parquet)")

    def now(self, entry: dict[str, Any], months: dict[str, int]) -> dict[str, Any]:
        days(self.connection, months)
        self.connection.execute("create or replace temp table session as select cast(place as date) as local_date from tally")
        return install(self.connection, entry, self.home)

    def trend(self) -> dict[str, int]:
        """Judged sessions by month, as the page sees them."""
        query = (resource("sql") / "summaries" / "trends.sql").read_text("utf-8")
        rows = self.connection.execute(f"select local_day[:7], sum(compliant + violation) from ({query}) group by 1 order by 1").fetchall()
        return {month: int(number) for month, number in rows}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    home = Workspace(tmp_path / "audit")
    home.create()
    with duckdb.connect(":memory:") as connection:
        yield Site(home, connection)


def test_a_month_comes_from_the_latest_run_that_covers_all_of_it(site: Site) -> None:
    site.past(manifest("r1", "2026-07"), {"2026-07": 5})
    site.past(manifest("r2", "2026-07"), {"2026-07": 7})
    site.past(manifest("r3", "2026-08-01..2026-08-20"), {"2026-08": 9})
    facts = site.now(manifest("r4", "2026-09"), {"2026-09": 4})
    assert site.trend() == {"2026-07": 7, "2026-09": 4}  # August was seen in part only
    assert facts["months"] == {"2026-07": "r2"}
    assert facts["spans"] == [(date(2026, 7, 1), date(2026, 7, 31)), (date(2026, 9, 1), date(2026, 9, 30))]


def test_another_version_of_the_protocol_and_a_later_run_stay_out(site: Site) -> None:
    site.past(manifest("r1", "2026-07", version="0.9"), {"2026-07": 5})
    site.past(manifest("r2", "2026-08", report=None), {"2026-08": 5})
    site.past(manifest("r9", "2026-08"), {"2026-08": 6})
    site.now(manifest("r4", "2026-09"), {"2026-09": 4})
    assert site.trend() == {"2026-09": 4}


def test_months_after_the_period_are_not_shown(site: Site) -> None:
    site.past(manifest("r1", "2026-10"), {"2026-10": 5})
    site.now(manifest("r4", "2026-09"), {"2026-09": 4})
    assert site.trend() == {"2026-09": 4}


def test_a_run_over_all_time_needs_no_other_and_lends_all_months_but_its_last(site: Site) -> None:
    site.past(manifest("r1", "all"), {"2026-06": 3, "2026-07": 5, "2026-08": 2})
    site.now(manifest("r2", "2026-09"), {"2026-09": 4})
    assert site.trend() == {"2026-06": 3, "2026-07": 5, "2026-09": 4}
    facts = site.now(manifest("r3", "all"), {"2026-07": 8, "2026-09": 4})
    assert site.trend() == {"2026-07": 8, "2026-09": 4}
    assert facts["months"] == {}


def test_a_part_of_a_month_gives_way_to_the_whole_and_is_told(site: Site) -> None:
    facts = site.now(manifest("r2", "2026-09-10..2026-09-20"), {"2026-09": 15})
    assert facts["part_of_month"] == ["2026-09"]
    site.past(manifest("r1", "2026-09"), {"2026-09": 20})
    facts = site.now(manifest("r2", "2026-09-10..2026-09-20"), {"2026-09": 15})
    assert facts["part_of_month"] == []
    assert site.trend() == {"2026-09": 20}


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2026-10", "2026-09"),
        ("2026-01", "2025-12"),
        ("2026-Q1", "2025-Q4"),
        ("2026", "2025"),
        ("all", None),
        ("2026-10-01..2026-10-09", None),
    ],
)
def test_the_period_before_is_of_the_same_kind(period: str, before: str | None) -> None:
    assert period_before(parse_period(period, date(2026, 11, 22))) == before


# ---------------------------------------------------------------- what became of the findings


def test_every_finding_of_either_run_has_one_state() -> None:
    """S1 persists, S2 is new, S3 is resolved, S4 cannot be judged any more, S5 lies outside, S6 is gone, S7 is a new session."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            """
            create temp table session as
            select * from (values ('S1'), ('S2'), ('S3'), ('S4'), ('S7')) as s (session_id);
            create temp table rule as select 'KD-01' as rule_id;
            create temp table verdict as
            select * from (values
                ('S1', 'KD-01', 'violation'), ('S2', 'KD-01', 'violation'), ('S3', 'KD-01', 'compliant'), ('S4', 'KD-01', 'not_evaluable'),
                ('S7', 'KD-01', 'violation')
            ) as v (session_id, rule_id, verdict);
            create temp table report_finding as
            select
                session_id, rule_id, 'P' || session_id[2:] as patient_id, 'major' as severity, 0.4 as observed,
                timestamp '2026-09-03' as started_local
            from verdict where verdict = 'violation';
            create temp table session_before as
            select 'run' as which, s.session_id, s.patient_id, s.local_date from (values
                ('S1', 'P1', date '2026-09-01'), ('S2', 'P2', date '2026-09-01'),
                ('S3', 'P3', date '2026-09-01'), ('S4', 'P4', date '2026-09-01'),
                ('S5', 'P5', date '2026-08-01'), ('S6', 'P7', date '2026-09-02')
            ) as s (session_id, patient_id, local_date);
            create temp table finding_before as
            select
                'run' as which, md5('KD-01' || chr(31) || s.id) as finding_key, s.id as session_id, s.rule_id,
                'major' as severity, 0.5 as observed, '2026-09-01T08:00:00Z' as session_started_at
            from (values ('S1', 'KD-01'), ('S3', 'KD-01'), ('S4', 'KD-01'), ('S5', 'KD-01'), ('S6', 'KD-01')) as s (id, rule_id);
            create temp table this_period as select date '2026-09-01' as first_day, date '2026-09-30' as last_day
            """
        )
        query = (resource("sql") / "summaries" / "report_change.sql").read_text("utf-8")
        rows = connection.execute(f"select session_id, state, is_recurrent from ({query}) order by 1").fetchall()
    assert rows == [
        ("S1", "persisting", False),
        ("S2", "new", False),
        ("S3", "resolved", False),
        ("S4", "undecided", False),
        ("S5", "elsewhere", False),
        ("S6", "vanished", False),
        ("S7", "new_session", True),  # its patient had the same finding in session S6
    ]


# ---------------------------------------------------------------- trends.toml


def test_a_workspace_without_the_file_has_no_rebase(tmp_path: Path) -> None:
    setting = read_trend_setting(tmp_path, ["KD-07"])
    assert setting.facts() == {"rebases": [], "names": False}


def test_a_rebase_and_the_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "trends.toml").write_text(
        '[[baseline]]\nfrom = "2026-04"\nuntil = "2027-03"\nrules = ["KD-07"]\nwhy = "New order set"\n[funnel]\nnames = true\n', "utf-8"
    )
    assert read_trend_setting(tmp_path, ["KD-07"]).facts() == {
        "rebases": [{"first": "2026-04", "last": "2027-03", "rules": ("KD-07",), "why": "New order set"}],
        "names": True,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[baselines]]", 'there is no key "baselines"; did you mean "baseline"?'),
        ('[[baseline]]\nfrom = "April"\nwhy = "x"', "from is not a month such as 2026-04"),
        ('[[baseline]]\nfrom = "2026-04"', "why is missing"),
        ('[[baseline]]\nfrom = "2026-04"\nuntil = "2026-01"\nwhy = "x"', "until lies before from"),
        ('[[baseline]]\nfrom = "2026-04"\nrules = ["KD-70"]\nwhy = "x"', 'there is no rule "KD-70"; did you mean "KD-07"?'),
        (
            '[[baseline]]\nfrom = "2026-04"\nwhy = "x"\n[[baseline]]\nfrom = "2026-04"\nwhy = "y"',
            "baselines 1 and 2 begin in the same month",
        ),
        ("baseline = 3", "baselines are written as"),
        ("[funnel]\nname = true", "[funnel] holds nothing but"),
        ("[[", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "trends.toml").write_text(text, "utf-8")
    with pytest.raises(UserError) as found:
        read_trend_setting(tmp_path, ["KD-07"])
    assert words in str(found.value)
