"""Local times become the instants at which the clocks showed them: one, two where they were set back, none where they were set forward."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infusion_audit.engine import Connection, connect, resource
from infusion_audit.timezones import define_local_time, instants, zone_of

from .conftest import WEIGHT, Site, bolus

NEW_YORK = 'timezone = "America/New_York"'


def test_local_times_follow_the_manifest_through_the_year(site: Site) -> None:
    site.manifest(NEW_YORK).give(bolus("A1", started_at="2026-01-15 10:00"), bolus("A2", started_at="2026-07-15 10:00"), bolus("A3")).load()
    assert site.query("select started_at::varchar, started_at_latest from administration order by administration_id") == [
        ("2026-01-15 15:00:00", None),
        ("2026-07-15 14:00:00", None),
        ("2026-06-15 10:00:00", None),
    ]


def test_a_time_that_occurred_twice_keeps_both_readings(site: Site) -> None:
    site.manifest(NEW_YORK).give(
        bolus(started_at="2026-11-01T01:30:00", stopped_at="2026-11-01T02:00:00"),
        observation=[{**WEIGHT, "effective_at": "2026-11-01 01:00"}],
    ).load()
    assert site.query(
        "select started_at::varchar, started_at_latest::varchar, stopped_at::varchar, stopped_at_latest from administration"
    ) == [("2026-11-01 05:30:00", "2026-11-01 06:30:00", "2026-11-01 07:00:00", None)]
    assert site.query("select effective_at::varchar, effective_at_latest::varchar from observation") == [
        ("2026-11-01 05:00:00", "2026-11-01 06:00:00")
    ]


@pytest.mark.parametrize(
    ("recorded_at", "latest"),
    [
        ("2026-11-01T05:45:00Z", None),  # before the second 01:30: it was the first
        ("2026-11-01T01:45:00-04:00", None),
        ("2026-11-01T06:30:00Z", "2026-11-01 06:30:00"),  # at the second 01:30: it may be either
        ("2026-11-01 01:45:00", "2026-11-01 06:30:00"),  # itself ambiguous: rules nothing out
        ("", "2026-11-01 06:30:00"),
        ("later", "2026-11-01 06:30:00"),
    ],
)
def test_the_time_of_recording_may_rule_the_later_reading_out(site: Site, recorded_at: str, latest: str | None) -> None:
    site.manifest(NEW_YORK).give(bolus(started_at="2026-11-01T01:30:00", recorded_at=recorded_at)).load()
    assert site.value("select started_at_latest::varchar from administration") == latest


def test_a_time_that_never_was_is_unreadable(site: Site) -> None:
    site.manifest(NEW_YORK).give(
        bolus("A1", started_at="2026-03-08T02:30:00"),
        bolus("A2", stopped_at="2026-03-08 02:59:59"),
        bolus("A3", started_at="2026-03-08T03:00:00"),
    )
    assert site.counts("administration") == (3, 2, 1, 0)
    assert site.quarantine("line, scope, column_name, reason, raw") == [
        (2, "row", "started_at", "nonexistent_local_time", "2026-03-08T02:30:00"),
        (3, "cell", "stopped_at", "nonexistent_local_time", "2026-03-08 02:59:59"),
    ]


def test_an_offset_makes_every_time_certain(site: Site) -> None:
    site.manifest(NEW_YORK).give(bolus("A1", started_at="2026-11-01T01:30:00-05:00"), bolus("A2", started_at="2026-03-08T02:30:00Z")).load()
    assert site.query("select started_at::varchar, started_at_latest from administration order by administration_id") == [
        ("2026-11-01 06:30:00", None),
        ("2026-03-08 02:30:00", None),
    ]


def test_the_same_bytes_are_not_read_in_two_zones(site: Site) -> None:
    from infusion_audit.errors import UserError

    site.give(bolus(started_at="2026-06-15 10:00")).load()
    site.manifest(NEW_YORK)
    with pytest.raises(UserError, match="was loaded before with the time zone UTC; now it is America/New_York"):
        site.load()
    assert site.query("select started_at::varchar from administration") == [("2026-06-15 10:00:00",)]


def test_an_engine_that_would_map_local_times_silently_is_not_asked(site: Site) -> None:
    """The session's own time zone changes nothing."""
    site.connection.execute("set TimeZone = 'Asia/Tokyo'")
    site.manifest(NEW_YORK).give(
        bolus("A1", started_at="2026-01-15 10:00"), bolus("A2", started_at="2026-01-15T10:00:00+01:00"), bolus("A3")
    ).load()
    assert [row[0] for row in site.query("select started_at::varchar from administration order by administration_id")] == [
        "2026-01-15 15:00:00",
        "2026-01-15 09:00:00",
        "2026-06-15 10:00:00",
    ]


ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Hebron",
    "Africa/Freetown",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
]


@pytest.fixture(scope="module", params=ZONES)
def zoned(request: pytest.FixtureRequest) -> tuple[Connection, ZoneInfo]:
    connection, zone = connect(), zone_of(request.param)
    connection.execute((resource("sql") / "load" / "macros.sql").read_text())
    define_local_time(connection, zone)
    return connection, zone


WALLS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30)).map(lambda at: at.replace(microsecond=0))


@settings(max_examples=8, deadline=None)
@given(st.lists(WALLS, min_size=1, max_size=12))
@example([datetime(2026, 11, 1, 1, 30), datetime(2026, 3, 8, 2, 30), datetime(2011, 12, 30, 12), datetime(2026, 4, 5, 1, 45)])
def test_every_local_time_has_the_instants_that_python_finds(zoned: tuple[Connection, ZoneInfo], walls: list[datetime]) -> None:
    connection, zone = zoned
    near = [wall + shift for wall in walls for shift in _to_the_nearest_change(wall, zone)]
    listed = ", ".join(f"({position}, timestamp '{wall}')" for position, wall in enumerate(near))
    found = connection.execute(
        f"""select first_instant('', wall, zone_year(wall)), later_instant('', wall, zone_year(wall))
        from (values {listed}) as t(position, wall) order by position"""
    ).fetchall()
    for wall, got in zip(near, found, strict=True):
        assert [instant for instant in got if instant is not None] == [instant.replace(tzinfo=None) for instant in instants(wall, zone)], (
            wall
        )


def _to_the_nearest_change(wall: datetime, zone: ZoneInfo) -> list[timedelta]:
    """Nothing, and steps to the local times around the next change of the zone's offset within a year."""
    shifts = [timedelta(0)]
    at = wall
    for _ in range(52):
        following = at + timedelta(days=7)
        if following.year > 2300:
            break
        if at.replace(tzinfo=zone).utcoffset() != following.replace(tzinfo=zone).utcoffset():
            while following - at > timedelta(minutes=1):
                middle = at + (following - at) / 2
                at, following = (
                    (middle, following) if middle.replace(tzinfo=zone).utcoffset() == at.replace(tzinfo=zone).utcoffset() else (at, middle)
                )
            at = at.replace(second=0, microsecond=0)
            return shifts + [at + timedelta(minutes=minutes) - wall for minutes in (-61, -60, -30, -1, 0, 1, 2, 30, 59, 60, 61)]
        at = following
    return shifts
