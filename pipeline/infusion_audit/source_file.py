"""Reading the folder of an import format: ``source.toml``, its selects, its steps and its code maps.

Everything that is wrong with it is told at once. A folder may extend another format: it adds to what that one has, file
by file, and its rows of a code map come before the other's.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from infusion_audit.code_map import CodeMap, read_map
from infusion_audit.engine import is_one_select, reaches_outside, resource
from infusion_audit.errors import UserError
from infusion_audit.inputs import SUFFIXES
from infusion_audit.json_records import RecordForm
from infusion_audit.manifest import Coverage
from infusion_audit.sources import Reads, Source
from infusion_audit.suggest import did_you_mean

KEYS: dict[str, Sequence[str]] = {
    "source": ("title", "timezone", "optional", "extends", "coverage"),
    "reads": (),
    "empty": (),
    "maps": (),
    "coverage": ("view", "table", "kinds"),
}
READS_KEYS = ("files", "shape", "by", "holds", "holder", "named", "table", "needs", "uses", "patient", "whole", "tabs", "optional", "feeds")
MAP_KEYS = ("file", "key")
BROKEN_LINE, IDENTITY, NOTICE, REFUSAL = "broken_line", "identity", "notice", "refusal"
OWN_NAMES = (
    "extract",
    "input_file",
    "coverage",
    "quarantine",
    "unknown_column",
    "source_notice",
    "broken_line",
    "source",
    "staged",
    "repeated",
    "duplicate",
    "conflicting",
    "superseded",
    "overtaken",
    "outdated",
    "replaced",
    "woken",
    "known_version",
    "later_version",
    "remembered",
    "row_identity",
)


def find_source(name: str, tables: Sequence[str]) -> Source:
    """The format of this name, shipped or in a folder of the user's own."""
    folder = _folder(name)
    read = _Folder(folder, name, tables)
    source = read.source()
    if read.problems:
        raise UserError.many(read.problems)
    return source


def _folder(name: str) -> Path:
    shipped = resource("sql") / "sources"
    own = Path(name)
    folder = own if own.is_dir() else shipped / name
    if not (folder / "source.toml").is_file():
        known = sorted(path.name for path in shipped.iterdir() if path.is_dir()) if shipped.is_dir() else []
        raise UserError(
            f'there is no source "{name}"{did_you_mean(name, ["canonical", *known])}',
            hint=f"Sources: canonical, {', '.join(known)}, or a folder with a source.toml.",
        )
    return folder


@dataclass
class _Folder:
    """Reads one folder and gathers everything that is wrong with it."""

    folder: Path
    name: str
    tables: Sequence[str]
    problems: list[str] = field(default_factory=lambda: [])

    def source(self) -> Source:
        content = self._toml()
        about = cast("dict[str, Any]", content.get("source", {}))
        self._known(content, KEYS, "table")
        self._known(about, KEYS["source"], "key")
        base = find_source(str(about["extends"]), self.tables) if "extends" in about else None
        reads = {**(base.reads if base else {}), **self._reads(cast("dict[str, Any]", content.get("reads", {})))}
        maps = self._maps(cast("dict[str, Any]", content.get("maps", {})), base.maps if base else {})
        empty = self._empty(cast("dict[str, Any]", content.get("empty", {})), reads) | self._optional(content.get("reads", {}), reads)
        selects, steps = self._selects(self.folder), self._selects(self.folder / "steps")
        self._names([name for view, each in reads.items() for name in each.names(view)], maps, steps)
        if not selects and not base:
            self.problems.append(
                f"{self.folder} holds no select; write administration.sql (its columns: infusion-audit schema administration)"
            )
        special = {kind: selects.pop(kind, None) for kind in (BROKEN_LINE, IDENTITY, NOTICE, REFUSAL)}
        self.problems += [
            f"{self.folder / table}.sql: there is no table {table}{did_you_mean(table, self.tables)}"
            for table in selects
            if table not in self.tables
        ]
        brings = self._brings(content.get("coverage", []), list(reads))
        found = about.get("coverage", "found" if base and base.covers_found else "supplied")
        if found not in ("supplied", "found"):
            self.problems.append(f'{self._file}: coverage of source is "supplied" or "found"')
        source = Source(
            name=self.name,
            title=str(about.get("title", self.name)),
            timezone=str(about.get("timezone", base.timezone if base else "manifest")),
            reads=reads,
            optional=(*about.get("optional", ()), *empty),
            selects=selects,
            empty=empty,
            brings=tuple(brings),
            covers_found=found == "found",
            maps=maps,
            steps=steps,
            broken_line=special[BROKEN_LINE],
            identity=special[IDENTITY],
            notice=special[NOTICE],
            refusal=special[REFUSAL],
            sha256=self._hash(),
        )
        return _extended(base, source) if base else source

    @property
    def _file(self) -> Path:
        return self.folder / "source.toml"

    def _toml(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{self._file} is not valid TOML: {error}") from None

    def _known(self, content: Mapping[str, Any], keys: Collection[str], what: str, where: str = "") -> None:
        self.problems += [f'{self._file}: {where}there is no {what} "{key}"{did_you_mean(key, keys)}' for key in content if key not in keys]

    def _reads(self, entries: dict[str, Any]) -> dict[str, Reads]:
        found: dict[str, Reads] = {}
        for view, entry in entries.items():
            table = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {"files": entry}
            self._known(table, READS_KEYS, "key", f"reads.{view}: ")
            files, name = table.get("files"), table.get("table")
            patterns = [files] if isinstance(files, str) else files
            if patterns is None and isinstance(name, str):
                patterns = [f"{name}{between}{suffix}" for between in ("", "/*") for suffix in SUFFIXES]
            if not _is_words(patterns):
                self.problems.append(f"{self._file}: reads.{view} is not a file pattern")
                continue
            holds = table.get("holds", [])
            if holds and not _is_words(holds):
                self.problems.append(f"{self._file}: reads.{view}: holds is not a list of keys")
                continue
            form = None
            if "shape" in table:
                by, shape = str(table.get("by", "")), self._shape(self.folder / str(table["shape"]))
                holder, named = str(table.get("holder", "")), table.get("named", {"": ""})
                if not isinstance(named, dict) or len(cast("dict[str, Any]", named)) != 1:
                    self.problems.append(f"{self._file}: reads.{view}: named is one key of a record and one beside it")
                    continue
                ((key, beside),) = cast("dict[str, Any]", named).items()
                form = RecordForm(shape if by else {"": shape}, by, tuple(cast("list[str]", holds)), holder, (key, str(beside)))
            if any(table.get(key, []) != [] and not _is_words(table[key]) for key in ("needs", "uses", "tabs", "feeds")):
                self.problems.append(f"{self._file}: reads.{view}: needs, uses and tabs are lists of columns, and feeds of tables")
                continue
            needs, uses, tabs = (tuple(map(str, table.get(key, ()))) for key in ("needs", "uses", "tabs"))
            patient = str(table.get("patient", "patient_id"))
            known = name if isinstance(name, str) else None
            whole = str(table.get("whole", ""))
            feeds = tuple(map(str, table["feeds"])) if "feeds" in table else None
            self._known(dict.fromkeys(feeds or ()), self.tables, "table", f"reads.{view}: ")
            found[view] = Reads(tuple(cast("list[str]", patterns)), form, known, needs, uses, patient, whole, tabs, feeds)
        return found

    def _optional(self, entries: dict[str, Any], reads: Mapping[str, Reads]) -> dict[str, list[str]]:
        """The columns of the views whose files may be missing."""
        named = [view for view, entry in entries.items() if isinstance(entry, dict) and cast("dict[str, Any]", entry).get("optional")]
        return {view: [*reads[view].needs, *reads[view].uses] for view in named if view in reads}

    def _shape(self, file: Path) -> dict[str, Any]:
        try:
            shape = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.problems.append(f"{file} cannot be read as JSON: {error}")
            return {}
        if not isinstance(shape, dict) or not _is_shape(shape):
            self.problems.append(f'{file}: a shape is an object of "text", objects, and lists of one shape')
            return {}
        return cast("dict[str, Any]", shape)

    def _maps(self, entries: dict[str, Any], base: dict[str, CodeMap]) -> dict[str, CodeMap]:
        found = dict(base)
        for view, entry in entries.items():
            table = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {"file": entry}
            self._known(table, MAP_KEYS, "key", f"maps.{view}: ")
            if not isinstance(table.get("file"), str):
                self.problems.append(f"{self._file}: maps.{view} has no file")
                continue
            code_map, problems = read_map(self.folder / table["file"], cast("list[str]", table.get("key", [])))
            self.problems += problems
            if code_map:
                found[view] = code_map.before(base.get(view))
        return found

    def _empty(self, empty: dict[str, Any], reads: Collection[str]) -> dict[str, list[str]]:
        self.problems += [
            f'{self._file}: "{view}" of empty is no view{did_you_mean(view, list(reads))}' for view in empty if view not in reads
        ]
        self.problems += [
            f"{self._file}: empty.{view} is not a list of columns" for view, columns in empty.items() if not _is_words(columns)
        ]
        return empty

    def _selects(self, folder: Path) -> dict[str, str]:
        selects = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
        self.problems += [f"{folder / name}.sql is not one select" for name, sql in selects.items() if not is_one_select(sql)]
        if not folder.is_relative_to(resource("sql")):
            self.problems += [
                f"{folder / name}.sql reads {', '.join(outside)}; a select reads the views of [reads], the steps and the maps alone"
                for name, sql in selects.items()
                if (outside := reaches_outside(sql))
            ]
        return {re.sub(r"^[0-9]+_", "", name) if folder.name == "steps" else name: sql for name, sql in selects.items()}

    def _names(self, *kinds: Collection[str]) -> None:
        names = [name for kind in kinds for name in kind]
        self.problems += [
            f'{self._file}: "{name}" cannot be the name of a view' for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
        ]
        self.problems += [
            f'{self._file}: "{name}" is the name of a table of the warehouse; call the view otherwise'
            for name in names
            if name in (*self.tables, *OWN_NAMES)
        ]
        self.problems += [f'{self._file}: "{name}" is the name of two views' for name in dict.fromkeys(names) if names.count(name) > 1]

    def _brings(self, entries: Any, views: list[str]) -> list[tuple[str, Coverage]]:
        """What ``[[coverage]]`` says of each view."""
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
            self.problems.append(f"{self._file}: coverage is written as [[coverage]] tables")
            return []
        brings: list[tuple[str, Coverage]] = []
        for entry in cast("list[dict[str, Any]]", entries):
            view, table, kinds = entry.get("view"), entry.get("table"), entry.get("kinds")
            self._known(entry, KEYS["coverage"], "key")
            if view not in views:
                self.problems.append(f'{self._file}: coverage: there is no view "{view}"{did_you_mean(str(view), views)}')
            elif table not in self.tables:
                self.problems.append(f'{self._file}: coverage: there is no table "{table}"{did_you_mean(str(table), self.tables)}')
            elif kinds is not None and not _is_words(kinds):
                self.problems.append(f"{self._file}: coverage of {view}: kinds is not a list of kinds")
            else:
                brings.append((str(view), Coverage(str(table), tuple(cast("list[str]", kinds or ())))))
        return brings

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(self.folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
        return digest.hexdigest()


def _extended(base: Source, own: Source) -> Source:
    """A format with what another adds to it or replaces of it."""
    return replace(
        own,
        optional=(*base.optional, *own.optional),
        selects={**base.selects, **own.selects},
        empty={**base.empty, **own.empty},
        brings=own.brings or base.brings,
        steps={**base.steps, **own.steps},
        broken_line=own.broken_line or base.broken_line,
        identity=own.identity or base.identity,
        notice=own.notice or base.notice,
        refusal=own.refusal or base.refusal,
        sha256=base.sha256 + own.sha256,
    )


def _is_words(value: Any) -> bool:
    words = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(words) and all(isinstance(each, str) for each in words)


def _is_shape(shape: Any) -> bool:
    parts: Sequence[Any] = ()
    if isinstance(shape, dict):
        parts = list(cast("dict[str, Any]", shape).values())
    elif isinstance(shape, list):
        parts = cast("list[Any]", shape)[:2]
    return shape == "text" or (bool(parts) and all(map(_is_shape, parts)) and (isinstance(shape, dict) or len(parts) == 1))
