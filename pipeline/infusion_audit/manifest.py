"""``manifest.toml``: which site an extract comes from, when it was taken, in which time zone, and what it covers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from infusion_audit.errors import UserError
from infusion_audit.suggest import did_you_mean
from infusion_audit.timezones import instants, zone_of

KEYS = ("site", "timezone", "extracted_at", "source_system", "coverage")
COVERAGE_KEYS = ("table", "kinds", "departments", "from", "to")
OPEN_FROM, OPEN_TO = datetime(1, 1, 1), datetime(9999, 12, 31)


@dataclass(frozen=True)
class Coverage:
    """One statement of what a table holds: these kinds and departments (empty: all) in ``[covered_from, covered_to)``."""

    table: str
    kinds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    covered_from: datetime = OPEN_FROM
    covered_to: datetime = OPEN_TO


@dataclass(frozen=True)
class Manifest:
    """What is known about an extract; without a file, nothing but that local times are UTC."""

    site: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    extracted_at: datetime | None = None
    """UTC, without zone, like every instant of the warehouse."""
    source_system: str | None = None
    coverage: tuple[Coverage, ...] = ()


def read_manifest(path: Path | None, tables: Mapping[str, Sequence[str]]) -> Manifest:
    """The manifest in a file. ``tables`` gives the kinds of every table, which a coverage may name."""
    if path is None:
        return Manifest()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not valid TOML: {error}") from None
    reader = _Reader(tables)
    manifest = reader.manifest(content)
    if reader.problems:
        raise UserError.many([f"{path.name}: {problem}" for problem in reader.problems])
    return manifest


class _Reader:
    """Reads one manifest and gathers everything that is wrong with it."""

    def __init__(self, tables: Mapping[str, Sequence[str]]) -> None:
        self.tables = tables
        self.problems: list[str] = []
        self.zone = ZoneInfo("UTC")

    def manifest(self, content: dict[str, Any]) -> Manifest:
        self._known(content, KEYS, "")
        name = self._text(content, "timezone", "")
        if name is not None:
            try:
                self.zone = zone_of(name)
            except ValueError as error:
                self.problems.append(f"timezone: {error}")
        entries = content.get("coverage", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
            self.problems.append("coverage is written as [[coverage]] tables")
            entries = []
        return Manifest(
            site=self._text(content, "site", ""),
            zone=self.zone,
            extracted_at=self._instant(content, "extracted_at", "", last=True),
            source_system=self._text(content, "source_system", ""),
            coverage=tuple(self._coverage(entry, f"coverage {at}: ") for at, entry in enumerate(cast("list[dict[str, Any]]", entries), 1)),
        )

    def _coverage(self, entry: dict[str, Any], where: str) -> Coverage:
        self._known(entry, COVERAGE_KEYS, where)
        table = self._text(entry, "table", where)
        if table is None:
            self.problems.append(f"{where}table is missing")
        elif table not in self.tables:
            self.problems.append(f'{where}there is no table "{table}"{did_you_mean(table, self.tables)}')
        kinds = self._texts(entry, "kinds", where)
        known = self.tables.get(table or "", ())
        for kind in kinds:
            if kind not in known:
                self.problems.append(f'{where}table {table} has no kind "{kind}"{did_you_mean(kind, known)}')
        begins = self._instant(entry, "from", where, last=True) or OPEN_FROM
        ends = self._instant(entry, "to", where, last=False) or OPEN_TO
        if begins >= ends:
            self.problems.append(f"{where}from is not before to")
        return Coverage(table or "", kinds, self._texts(entry, "departments", where), begins, ends)

    def _known(self, content: dict[str, Any], keys: Sequence[str], where: str) -> None:
        self.problems += [f'{where}there is no key "{key}"{did_you_mean(key, keys)}' for key in content if key not in keys]

    def _text(self, content: dict[str, Any], key: str, where: str) -> str | None:
        value = content.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.problems.append(f"{where}{key} is not a text")
        return None

    def _texts(self, content: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
        values = content.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in cast("list[Any]", values)):
            self.problems.append(f"{where}{key} is not a list of texts")
            return ()
        return tuple(cast("list[str]", values))

    def _instant(self, content: dict[str, Any], key: str, where: str, *, last: bool) -> datetime | None:
        """An instant in UTC; of a local time that occurred twice the ``last`` or the first one, whichever claims less coverage."""
        value = content.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if value is None:
            return None
        if not isinstance(value, datetime):
            self.problems.append(f"{where}{key} is not a time such as 2026-10-01T00:00:00Z")
            return None
        found = [value.astimezone(UTC)] if value.tzinfo else instants(value, self.zone)
        if not found:
            self.problems.append(f"{where}{key} is a local time that the clocks of {self.zone.key} skipped")
            return None
        return found[-1 if last else 0].replace(tzinfo=None)
