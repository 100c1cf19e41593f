"""Import formats other than the canonical one: a folder of selects, one per canonical table, and a ``source.toml``.

Every file that the format names becomes a view whose cells are text, with the ``file_id`` and ``line`` of each row; a
select gives canonical columns, as text, with that ``file_id`` and ``line``. What it gives is then read, judged and
loaded exactly like a canonical file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from infusion_audit.engine import Connection, EngineError, is_one_select, resource
from infusion_audit.errors import UserError
from infusion_audit.inputs import MANIFEST, SUFFIXES, DataFile, Extract, check_regular
from infusion_audit.manifest import Coverage
from infusion_audit.suggest import did_you_mean

KEYS = {"source": ("title", "timezone", "optional"), "reads": (), "empty": (), "coverage": ("view", "table", "kinds")}
OWN_NAMES = (
    "extract",
    "input_file",
    "coverage",
    "quarantine",
    "unknown_column",
    "broken_line",
    "source",
    "staged",
    "repeated",
    "duplicate",
    "conflicting",
    "superseded",
)


@dataclass(frozen=True)
class Source:
    """An import format: the files it reads, by view, and its select for each canonical table."""

    name: str
    title: str
    timezone: str
    reads: dict[str, str]
    optional: tuple[str, ...]
    selects: dict[str, str]
    empty: dict[str, list[str]]
    """The columns of views that are empty where their file is missing, so that the others of a select still speak."""
    brings: tuple[tuple[str, Coverage], ...]
    """What the file of a view covers of a table; a table that is named here is covered by nothing else."""

    def views_of(self, table: str) -> list[str]:
        """The views that the select of a table names."""
        return [view for view in self.reads if re.search(rf"\b{re.escape(view)}\b", self.selects[table])]

    def can_feed(self, table: str, present: Collection[str]) -> bool:
        """Whether these views are enough for the select of a table."""
        views = self.views_of(table)
        bringing = [view for view, coverage in self.brings if coverage.table == table]
        complete = all(view in present or view in self.empty for view in views)
        return complete and any(view in present for view in bringing or views)

    def coverage(self, present: Collection[str], stated: Sequence[Coverage]) -> tuple[Coverage, ...]:
        """What these views cover of the tables that a manifest does not speak of."""
        tables = {coverage.table for coverage in stated}
        return tuple(coverage for view, coverage in self.brings if view in present and coverage.table not in tables)


def find_source(name: str, tables: Sequence[str]) -> Source:
    """The format of this name, shipped or in a folder of the user's own."""
    shipped = resource("sql") / "sources"
    own = Path(name)
    folder = own if own.is_dir() else shipped / name
    known = sorted(path.name for path in shipped.iterdir() if path.is_dir()) if shipped.is_dir() else []
    if not (folder / "source.toml").is_file():
        raise UserError(
            f'there is no source "{name}"{did_you_mean(name, ["canonical", *known])}',
            hint=f"Sources: canonical, {', '.join(known)}, or a folder with a source.toml.",
        )
    return _read(folder, name, tables)


def _read(folder: Path, name: str, tables: Sequence[str]) -> Source:
    file = folder / "source.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not valid TOML: {error}") from None
    about, reads = cast("dict[str, Any]", content.get("source", {})), cast("dict[str, Any]", content.get("reads", {}))
    problems = [f'{file}: there is no table "{key}"{did_you_mean(key, KEYS)}' for key in content if key not in KEYS]
    problems += [f'{file}: there is no key "{key}"{did_you_mean(key, KEYS["source"])}' for key in about if key not in KEYS["source"]]
    problems += [f"{file}: reads.{view} is not a file pattern" for view, pattern in reads.items() if not isinstance(pattern, str)]
    problems += [f'{file}: "{view}" cannot be the name of a view' for view in reads if not re.fullmatch(r"[a-z][a-z0-9_]*", view)]
    problems += [
        f'{file}: "{view}" is the name of a table of the warehouse; call the view otherwise'
        for view in reads
        if view in (*tables, *OWN_NAMES)
    ]
    empty = cast("dict[str, Any]", content.get("empty", {}))
    problems += [f'{file}: "{view}" of empty is no view{did_you_mean(view, list(reads))}' for view in empty if view not in reads]
    problems += [f"{file}: empty.{view} is not a list of columns" for view, columns in empty.items() if not _is_words(columns)]
    brings, wrong = _brings(file, content.get("coverage", []), list(reads), tables)
    problems += wrong
    selects = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
    problems += [
        f"{folder / table}.sql: there is no table {table}{did_you_mean(table, tables)}" for table in selects if table not in tables
    ]
    problems += [f"{folder / table}.sql is not one select" for table, sql in selects.items() if not is_one_select(sql)]
    if not selects:
        problems.append(f"{folder} holds no select")
    if problems:
        raise UserError.many(problems)
    title, zone = str(about.get("title", name)), str(about.get("timezone", "manifest"))
    return Source(name, title, zone, reads, (*about.get("optional", ()), *empty), selects, empty, tuple(brings))


def _brings(file: Path, entries: Any, views: list[str], tables: Sequence[str]) -> tuple[list[tuple[str, Coverage]], list[str]]:
    """What ``[[coverage]]`` says of each view, and what is wrong with it."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
        return [], [f"{file}: coverage is written as [[coverage]] tables"]
    brings: list[tuple[str, Coverage]] = []
    problems: list[str] = []
    for entry in cast("list[dict[str, Any]]", entries):
        view, table, kinds = entry.get("view"), entry.get("table"), entry.get("kinds")
        problems += [
            f'{file}: there is no key "{key}"{did_you_mean(key, KEYS["coverage"])}' for key in entry if key not in KEYS["coverage"]
        ]
        if view not in views:
            problems.append(f'{file}: coverage: there is no view "{view}"{did_you_mean(str(view), views)}')
        elif table not in tables:
            problems.append(f'{file}: coverage: there is no table "{table}"{did_you_mean(str(table), tables)}')
        elif not _is_words(kinds):
            problems.append(f"{file}: coverage of {view}: kinds is not a list of kinds")
        else:
            brings.append((str(view), Coverage(str(table), tuple(cast("list[str]", kinds)))))
    return brings, problems


def _is_words(value: Any) -> bool:
    words = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(words) and all(isinstance(each, str) for each in words)


def find_source_files(data: Sequence[Path], source: Source) -> Extract:
    """The files below these folders that the format reads; the table of each is the name of its view."""
    problems: list[str] = [f"{path}: there is no such folder" for path in data if not path.is_dir()]
    files: list[DataFile] = []
    for view, pattern in source.reads.items():
        found = [(folder, path) for folder in data if folder.is_dir() for path in sorted(folder.glob(pattern))]
        if not found and view not in source.optional and not problems:
            problems.append(f"{', '.join(map(str, data))}: no file {pattern}, which the source {source.name} reads")
        for folder, path in found:
            files.append(
                DataFile(
                    view,
                    path,
                    path.relative_to(folder).as_posix(),
                    "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower(),
                )
            )
    problems += [f"{file.name}: only {', '.join(SUFFIXES)} files are read" for file in files if file.suffix not in SUFFIXES]
    problems += [f"{file.name} {reason}" for file in files if (reason := check_regular(file.path))]
    if problems:
        raise UserError.many(problems)
    manifests = [folder / MANIFEST for folder in data if (folder / MANIFEST).is_file()]
    return Extract(data[0].resolve().name, files, manifests[0] if manifests else None)


def select_columns(connection: Connection, source: Source, table: str, wanted: dict[str, bool]) -> list[str]:
    """The columns that the select of a table gives; ``wanted`` says of every canonical column whether it is required."""
    where = f"the select {table}.sql of the source {source.name}"
    try:
        given = [str(row[0]) for row in connection.execute(f"describe {source.selects[table]}").fetchall()]
    except EngineError as error:
        raise UserError(f"{where} does not run: {str(error).splitlines()[0]}") from None
    lineage = ("file_id", "line")
    problems = [
        f"{where} gives no column {name}"
        for name in (*lineage, *(name for name, required in wanted.items() if required))
        if name not in given
    ]
    problems += [
        f"{where} gives a column {name}, which the table does not have{did_you_mean(name, wanted)}"
        for name in given
        if name not in (*wanted, *lineage)
    ]
    if problems:
        raise UserError.many(problems)
    return given
