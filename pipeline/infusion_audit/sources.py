"""Import formats other than the canonical one: a folder of selects, one per canonical table, and a ``source.toml``.

Every file that the format names becomes a view whose cells are text, with the ``file_id`` and ``line`` of each row; a
select gives canonical columns, as text, with that ``file_id`` and ``line``. What it gives is then read, judged and
loaded exactly like a canonical file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from infusion_audit.code_map import CodeMap
from infusion_audit.engine import Connection, EngineError
from infusion_audit.errors import UserError
from infusion_audit.inputs import JSON_SUFFIXES, MANIFEST, SUFFIXES, Columns, DataFile, Extract, check_regular, raise_problems
from infusion_audit.json_records import OTHER, RecordForm
from infusion_audit.manifest import Coverage
from infusion_audit.staging_json import view_of
from infusion_audit.suggest import did_you_mean

REFUSED = "refused"
"""The column in which a select may say why a row must not be believed; such a row is kept out with that reason."""

PART = "part"
"""The column that tells apart the rows of one table that come from one line; 0 or blank where there is only one."""
COUNTED = ("administration", "stock")
"""The tables whose rows add up, so that no two of them may be told by the same line."""


@dataclass(frozen=True)
class Reads:
    """The files of one view: patterns of their names, what is used of each row, and the table of a database that holds the same."""

    patterns: tuple[str, ...]
    form: RecordForm | None = None
    table: str | None = None
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    patient: str = "patient_id"
    whole: str = ""
    tabs: tuple[str, ...] = ()
    feeds: tuple[str, ...] | None = None
    """The tables that these files are enough for; others only look something up in them. None: all whose selects name them."""

    def names(self, view: str) -> list[str]:
        """What the views of these files are called: one view, or one for each kind of record."""
        return [view_of(view, kind) for kind in (*self.form.shapes, OTHER)] if self.form and self.form.by else [view]


@dataclass(frozen=True)
class Source:
    """An import format: the files it reads, by view, and its select for each canonical table."""

    name: str
    title: str
    timezone: str
    reads: dict[str, Reads]
    optional: tuple[str, ...]
    selects: dict[str, str]
    empty: dict[str, list[str]]
    """The columns of views that are empty where their file is missing, so that the others of a select still speak."""
    brings: tuple[tuple[str, Coverage], ...]
    """What the file of a view covers of a table; a table that is named here is covered by nothing else."""
    covers_found: bool = False
    """A table, and a kind of row in it, is covered when the extract has a row of it, and not otherwise."""
    maps: dict[str, CodeMap] = field(default_factory=lambda: {})
    steps: dict[str, str] = field(default_factory=lambda: {})
    """Selects that the others share; each becomes a table, in this order."""
    broken_line: str | None = None
    """The select that says which table a broken line belonged to, and whose it was."""
    identity: str | None = None
    """The select that says what the source itself calls the record on a line, and which records it has withdrawn."""
    notice: str | None = None
    """The select that counts what the extract holds and the format does not use: codes that are in no map, references to nothing."""
    refusal: str | None = None
    """The select that says why an extract as a whole cannot be used."""
    sha256: str = ""
    """The hash of everything in the format's folder, for another mapping reads the same file differently."""

    def views_of(self, table: str) -> list[str]:
        """The views that the select of a table names, itself or through the steps that it names."""
        return self.views_in(self.selects[table])

    def views_in(self, sql: str) -> list[str]:
        """The views that a select names, itself or through the steps that it names."""
        named, pending = set[str](), [sql]
        while pending:
            sql = pending.pop()
            known = [*self.steps, *(name for view, reads in self.reads.items() for name in reads.names(view))]
            new = (set(known) & _words(sql)) - named
            pending += [self.steps[name] for name in new if name in self.steps]
            named |= new
        return [view for view, reads in self.reads.items() if named & set(reads.names(view))]

    def can_feed(self, table: str, present: Collection[str]) -> bool:
        """Whether these views are enough for the select of a table."""
        views = self.views_of(table)
        bringing = [view for view, coverage in self.brings if coverage.table == table]
        complete = all(view in present or view in self.empty for view in views)
        enough = [view for view in bringing or views if (feeds := self.reads[view].feeds) is None or table in feeds]
        return complete and any(view in present for view in enough)

    def coverage(self, present: Collection[str], stated: Sequence[Coverage]) -> tuple[Coverage, ...]:
        """What these views cover of the tables that a manifest does not speak of."""
        tables = {coverage.table for coverage in stated}
        return tuple(coverage for view, coverage in self.brings if view in present and coverage.table not in tables)


@cache
def _words(sql: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", sql))


def find_source_files(data: Sequence[Path], source: Source, fetched: Sequence[DataFile] = (), name: str = "") -> Extract:
    """The files at or below these paths that the format reads, and those ``fetched`` for it; the table of each is the name of its view."""
    problems: list[str] = [f"{path}: there is no such file or folder" for path in data if not path.exists()]
    files: list[DataFile] = list(fetched)
    for view, reads in source.reads.items():
        found = [(root, path) for root in data for path in _matching(root, reads.patterns)]
        if not found and view not in source.optional and not problems and view not in {file.table for file in fetched}:
            wanted = " or ".join(reads.patterns)
            problems.append(f"{', '.join(map(str, data))}: no file {wanted}, which the source {source.name} reads")
        for root, path in found:
            called = path.relative_to(root).as_posix() if root != path else path.name
            files.append(
                DataFile(view, path, called, _suffix(path), reads.form, reads.needs, reads.uses, reads.patient, reads.whole, reads.tabs)
            )
    problems += [f"{file.name}: {_unread(file)}" for file in files if file.suffix not in (JSON_SUFFIXES if file.form else SUFFIXES)]
    for file in files:
        if reason := check_regular(file.path, may_be_empty=file.suffix in JSON_SUFFIXES):
            problems.append(f"{file.name} {reason}")
    if problems:
        raise UserError.many(problems)
    manifests = [path for root in data for path in (root / MANIFEST, root) if path.name == MANIFEST and os.path.lexists(path)]
    raise_problems([f"{MANIFEST} {reason}" for path in manifests if (reason := check_regular(path, may_be_empty=True))])
    return Extract(name or data[0].resolve().name, files, manifests[0] if manifests else None)


def _matching(root: Path, patterns: Sequence[str]) -> list[Path]:
    """The files below a folder that match a pattern in any letter case, or the file itself when its name does."""
    patterns = [re.sub(r"\[[^]]*\]|[A-Za-z]", _any_case, pattern) for pattern in patterns]
    if root.is_dir():
        return sorted({path for pattern in patterns for path in root.glob(pattern)})
    return [root] if any(root.match(pattern) for pattern in patterns) else []


def _any_case(part: re.Match[str]) -> str:
    return part[0] if part[0].startswith("[") else f"[{part[0].lower()}{part[0].upper()}]"


def _suffix(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower()


def _unread(file: DataFile) -> str:
    return f"only {', '.join(JSON_SUFFIXES if file.form else SUFFIXES)} files are read"


_LACKS = re.compile(r'column named "([^"]+)"|Referenced column "([^"]+)" not found')


def not_running(
    source: Source, name: str, sql: str, error: EngineError, given: dict[str, list[DataFile]], columns: dict[Path, Columns]
) -> UserError:
    """Why a select of a format does not run: where it is for a column that a file lacks, the file and the column."""
    told, found = str(error).splitlines()[0], _LACKS.search(str(error))
    column = (found[1] or found[2]).lower() if found else ""
    lacking = [
        f"{file.name}, line 1: there is no column {column}{did_you_mean(column, known)}"
        for view in source.views_in(sql)
        for file in given.get(view, [])
        if found and file.path in columns and column not in (known := [each for each in columns[file.path].matched if each])
    ]
    if not lacking:
        return UserError(f"{name}.sql of the source {source.name} does not run: {told}")
    which = "one of these files" if len(lacking) > 1 else "the file"
    way = f"Export {which} with that column, or mend the select."
    return UserError.many(lacking, hint=f"{name}.sql of the source {source.name} does not run, for it reads that column. {way}")


def select_columns(connection: Connection, source: Source, table: str, wanted: dict[str, bool]) -> list[str]:
    """The columns that the select of a table gives; ``wanted`` says of every canonical column whether it is required.

    Raises EngineError when the select does not run.
    """
    where = f"the select {table}.sql of the source {source.name}"
    given = [str(row[0]) for row in connection.execute(f"describe {source.selects[table]}").fetchall()]
    lineage = ("file_id", "line")
    problems = [
        f"{where} gives no column {name}"
        for name in (*lineage, *(name for name, required in wanted.items() if required))
        if name not in given
    ]
    problems += [
        f"{where} gives a column {name}, which the table does not have{did_you_mean(name, wanted)}"
        for name in given
        if name not in (*wanted, *lineage, REFUSED, PART)
    ]
    if problems:
        raise UserError.many(problems)
    return given
