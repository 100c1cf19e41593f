"""Reading JSON files into tables: one for every kind of record, with the file and line of each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infusion_audit.engine import EngineError
from infusion_audit.errors import UserError
from infusion_audit.inputs import DataFile, own_names
from infusion_audit.json_records import OTHER, BrokenDocument, RecordForm, first_kind, salvage_records
from infusion_audit.salvage import Scan, scan
from infusion_audit.staging import Reader, identifier, quoted_path, unchanged


def json_views(reader: Reader, view: str, form: RecordForm, files: Sequence[tuple[int, DataFile]]) -> None:
    """Make the view of a format's records or, when they say their kind, ``view_kind`` of each kind and ``view_other``."""
    parts: dict[str, list[str]] = {kind: [] for kind in ((*form.shapes, OTHER) if form.by else form.shapes)}
    for number, file in files:
        with unchanged(file):
            for kind, select in _stage(reader, f"json_{view}_{number}", file, number, form).items():
                parts[kind].append(select)
    for kind, selects in parts.items():
        shape = form.shape_of(kind)
        columns = ", ".join(f"null::{_type_of(each)} as {own}" for each, own in zip(shape.values(), _own(shape), strict=True))
        selects = selects or [f"select null::integer as file_id, null::integer as line, {columns} limit 0"]
        name = view_of(view, kind)
        reader.connection.execute(f"create or replace temp view {name} as {' union all by name '.join(selects)}")
        reader.made.append(f"view if exists {name}")


def view_of(view: str, kind: str) -> str:
    """The view of one kind of record."""
    return f"{view}_{kind.lower()}" if kind else view


def _stage(reader: Reader, stage: str, file: DataFile, number: int, form: RecordForm) -> dict[str, str]:
    """The selects of a file's records by kind: by the engine when every line is a sound record of one kind, else record by record."""
    path, packed_hash = reader.plain(file)
    with ThreadPoolExecutor(1) as pool:
        scanning = pool.submit(scan, path)
        kind = first_kind(path, form)
        rows = _count_if_sound(reader, stage, path, form, kind) if kind is not None else None
        scanned: Scan = scanning.result()
    reader.hashes[file.path] = packed_hash or scanned.sha256
    if kind is not None and rows == scanned.lines and scanned.sound and not scanned.escaped_nul:
        known = kind if kind in form.shapes else OTHER
        return {known: f"select {number}::integer as file_id, cast(rowid + 1 as integer) as line, {_cells(form, kind)} from {stage}"}
    return _salvaged(reader, stage, path, file, number, form)


def _count_if_sound(reader: Reader, stage: str, path: Path, form: RecordForm, kind: str) -> int | None:
    """Let the engine read a file as lines of one kind; the number of rows, or None when it holds anything else."""
    shape = form.shape_of(kind)
    also = {name: "text" for name in (form.by, *form.holds[:1]) if name and name not in shape}
    try:
        reader.table(stage, f"from {_read_json(path, {**shape, **also})}")
    except EngineError:  # the salvaged copy raises again when it was not the file's fault
        return None
    foreign = [f"{identifier(form.by)} is distinct from '{kind.replace(chr(39), chr(39) * 2)}'"] if form.by else []
    foreign += [f"{identifier(form.holds[0])} is not null"] if form.holds and form.holder in ("", kind) else []
    return None if foreign and reader.count(f"{stage} where {' or '.join(foreign)}") else reader.count(stage)


def _salvaged(reader: Reader, stage: str, path: Path, file: DataFile, number: int, form: RecordForm) -> dict[str, str]:
    bad = reader.scratch.path("bad.csv")
    try:
        salvaged = salvage_records(path, form, lambda: reader.scratch.path("good.ndjson"), bad)
    except BrokenDocument as error:
        raise UserError(
            f"{file.name}, {error}; nothing was loaded",
            hint="Export it again; as NDJSON (one record a line), a damaged line costs only itself.",
        ) from None
    selects: dict[str, str] = {}
    line = "line" if salvaged.has_lines else "number"
    for kind, copy in salvaged.copies.items():
        name, shape = f"{stage}_{kind.lower()}", form.shape_of(kind)
        reader.table(name, f"from {_read_json(copy, {'line': 'text', 'number': 'text', 'record': shape})}")
        cells = ", ".join(f"record.{identifier(name)} as {own}" for name, own in zip(shape, _own(shape), strict=True))
        selects[kind] = f"select {number}::integer as file_id, cast({line} as integer) as line, {cells} from {name}"
    reader.list_broken(file, number, bad, ["line", "number", "reason", "raw"], line=line)
    return selects


def _cells(form: RecordForm, kind: str) -> str:
    shape = form.shape_of(kind)
    return ", ".join(f"{identifier(name)} as {own}" for name, own in zip(shape, _own(shape), strict=True))


def _own(shape: dict[str, Any]) -> list[str]:
    """The columns of a view of records, told from the place of a row."""
    return [identifier(name or "") for name in own_names(list(shape))]


def _read_json(path: Path, shape: dict[str, Any]) -> str:
    columns = ", ".join(f"{identifier(name)}: '{_type_of(each)}'" for name, each in shape.items())
    return f"read_json({quoted_path(path)}, format='newline_delimited', compression='none', columns={{{columns}}})"


def _type_of(shape: Any) -> str:
    """The engine's type of what is used of a record."""
    if shape == "text":
        return "varchar"
    if isinstance(shape, list):
        return f"{_type_of(shape[0])}[]"
    return f"struct({', '.join(f'{identifier(name)} {_type_of(each)}' for name, each in shape.items())})"
