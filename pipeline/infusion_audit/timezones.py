"""Local times of a zone as exact instants: which wall-clock times occurred twice, and which never.

An SQL engine maps an ambiguous or nonexistent local time silently to some instant. So the zone's whole history is laid
out here as pieces of wall-clock time, each with its offset: two offsets where the clocks were set back, none where they
were set forward; and the pieces are handed to the engine as a table by year.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from infusion_audit.engine import Connection

ALL_YEARS = (1900, 2300)
ALWAYS_UTC = {"UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"}
STEP = timedelta(days=3)  # no zone changed its offset twice within three days
PIECES_A_YEAR = 9  # four changes a year, the most in any zone, cut a year into nine pieces
_COLUMNS = [(f"b{at}", "TIMESTAMP") for at in range(1, PIECES_A_YEAR)] + [
    (f"{of}{at}", "INTERVAL") for of in "ol" for at in range(PIECES_A_YEAR)
]
_YEARS_TYPE = json.dumps([dict(_COLUMNS)])


@dataclass(frozen=True)
class Piece:
    """A stretch of wall-clock time with the offset of its first occurrence and, if it occurred twice, of its second."""

    begins: datetime
    offset: timedelta | None
    later_offset: timedelta | None


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name; raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is not an IANA time zone such as "Europe/Berlin"') from error


def instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants, earliest first, at which the zone's clocks showed this time: none, one or two."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(instant for instant in found if instant.astimezone(zone).replace(tzinfo=None) == wall)


def define_local_time(connection: Connection, zone: ZoneInfo, years: tuple[int, int] = ALL_YEARS) -> None:
    """Define the macros that turn local times of these years into instants of the zone: the first one, and the later one if there are two.

    ``zone_year`` gives the pieces of the year that a local time falls in, which the other two choose from.
    """
    first, later = "wall", "cast(null as timestamp)"
    if zone.key in ALWAYS_UTC:
        connection.execute("create or replace temp macro zone_year(wall) as null")
    else:
        connection.execute("set variable zone_years = from_json_strict(?, ?)", [_years(zone, *years), _YEARS_TYPE])
        connection.execute(f"create or replace temp macro zone_year(wall) as getvariable('zone_years')[year(wall) - {years[0] - 1}]")
        first, later = (f"case when y is not null then {_piece(of)} else {fixed} end" for of, fixed in (("o", first), ("l", later)))
    connection.execute(f"create or replace temp macro first_instant(cell, wall, y) as {first}")
    connection.execute(f"create or replace temp macro later_instant(cell, wall, y) as {later}")


def _piece(of: str) -> str:
    """The local time less the offset of the piece of the year that it falls in."""
    cuts = " ".join(f"when wall < y.b{at + 1} then wall - y.{of}{at}" for at in range(PIECES_A_YEAR - 1))
    return f"case {cuts} else wall - y.{of}{PIECES_A_YEAR - 1} end"


@cache
def _years(zone: ZoneInfo, first: int, last: int) -> str:
    """The pieces of every year as JSON, a list of structs: b1.. where a piece begins, o0.. its offset, l0.. its later offset."""
    pieces = _pieces(zone, first, last)
    years: list[dict[str, str | None]] = []
    for start, end in pairwise(datetime(year, 1, 1) for year in range(first, last + 2)):
        running = [piece for piece in pieces if piece.begins <= start][-1:]
        years.append(_year(running + [piece for piece in pieces if start < piece.begins < end]))
    return json.dumps(years)


def _year(pieces: list[Piece]) -> dict[str, str | None]:
    if len(pieces) > PIECES_A_YEAR:
        raise AssertionError(f"a year with {len(pieces)} pieces of local time")
    filled = pieces + [Piece(datetime.max, None, None)] * (PIECES_A_YEAR - len(pieces))
    begins = {f"b{at}": piece.begins.isoformat(" ") for at, piece in enumerate(filled) if at}
    first = {f"o{at}": _seconds(piece.offset) for at, piece in enumerate(filled)}
    later = {f"l{at}": _seconds(piece.later_offset) for at, piece in enumerate(filled)}
    return begins | first | later


def _seconds(offset: timedelta | None) -> str | None:
    return None if offset is None else f"{int(offset.total_seconds())} seconds"


def _pieces(zone: ZoneInfo, first: int, last: int) -> list[Piece]:
    """The wall-clock time of these years, cut wherever its offset changes."""
    changes = _changes(zone, first, last)
    before = changes[0][1]
    pieces = [Piece(datetime(first - 1, 1, 1), before, None)]
    for at, after in changes[1:]:
        back, forward = at + min(before, after), at + max(before, after)
        pieces.append(Piece(back, before, after) if after < before else Piece(back, None, None))
        pieces.append(Piece(forward, after, None))
        before = after
    return pieces


def _changes(zone: ZoneInfo, first: int, last: int) -> list[tuple[datetime, timedelta]]:
    """The offset before these years and every later one, each with the instant (UTC, without zone) from which it holds."""
    at, end = datetime(first - 1, 12, 1), datetime(last + 1, 2, 1)
    found = [(at, _offset(zone, at))]
    while at < end:
        offset = _offset(zone, at + STEP)
        if offset != found[-1][1]:
            found.append((_moment_of_change(zone, at, at + STEP), offset))
        at += STEP
    return found


def _moment_of_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the new offset, between two instants whose offsets differ."""
    new = _offset(zone, after)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (before, middle) if _offset(zone, middle) == new else (middle, after)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return zone.fromutc(at.replace(tzinfo=zone)).utcoffset() or timedelta(0)
