"""Publishing: an edition of a finished run is made in the workspace, and then appears at its destination whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from infusion_audit.destination import SUMS, Destination, destination, is_folder, shown
from infusion_audit.edition import edition, finished_run
from infusion_audit.errors import UserError
from infusion_audit.exports import export
from infusion_audit.external import write_external
from infusion_audit.workspace import Workspace

INTERNAL, DEIDENTIFIED, EXTERNAL = "internal", "deidentified", "external"


@dataclass(frozen=True)
class Published:
    """What was published where; ``is_new`` is false when the destination held the very same already.

    ``summary`` is what others may be told of it: summary.json, and of an external report no count, only what latest.json says.
    """

    run_id: str
    path: str
    is_new: bool
    summary: dict[str, Any]


def publish(
    workspace: Path,
    place: str,
    run_id: str | None = None,
    *,
    key: bytes | None = None,
    kinds: Sequence[str] = (),
    small_numbers: str | None = None,
) -> Published:
    """Publish a finished run, the newest without ``run_id``; with a key, de-identified; with ``kinds``, also those exports.

    With ``small_numbers`` (``hide`` or ``round``) the external report is published, its pages and nothing else.

    Raises GateFailed when the gate stopped that run, UserError when the destination cannot be written or holds reports of another
    edition. Whatever happens, what was published before stays until the new report is complete.
    """
    home = Workspace(workspace)
    manifest = finished_run(home, run_id)
    held = EXTERNAL if small_numbers else DEIDENTIFIED if key else INTERNAL
    with home.lock():
        to = destination(place)
        _refuse_own_workspace(home, place)
        _refuse_another_edition(to, place, held)
        with _staging(home) as staged:
            if small_numbers:
                write_external(home, manifest, staged, small_numbers=small_numbers)
                named, summary = manifest["run_id"], None
            else:
                with edition(home, manifest, key) as found:
                    found.write(staged)
                    export(found, kinds, staged)
                named, summary = found.run_id, json.loads((staged / "summary.json").read_text("utf-8"))
            name, is_new = _free_name(to, named, _write_sums(staged))
            if is_new:
                to.put(staged, name)
        now = datetime.now(UTC)
        published_at = f"{now:%Y}" if key else f"{now:%Y-%m-%dT%H:%M:%SZ}"
        pointer = {"run_id": named, "path": f"runs/{name}", "published_at": published_at, "edition": held}
        to.point(name, pointer)
    return Published(named, pointer["path"], is_new, pointer if summary is None else summary)


def _refuse_own_workspace(home: Workspace, place: str) -> None:
    """What is published inside the workspace would lie among its runs, with the patients' data beside it."""
    if is_folder(place) and Path(shown(place)).resolve().is_relative_to(home.path.resolve()):
        raise UserError(f"{shown(place)} lies in the workspace {home.path}", hint="Give a DEST of its own. Nothing was published.")


def _refuse_another_edition(to: Destination, place: str, held: str) -> None:
    """Who may read an external report may not read patients: one place holds one edition."""
    latest = to.latest()
    if latest is not None and (there := latest.get("edition", INTERNAL)) != held:
        raise UserError(
            f"{shown(place)} holds {_CALLED[there]} reports, and this one is {_CALLED[held]}",
            hint="Give another DEST: those who may read one are not those who may read the other. Nothing was published.",
        )


_CALLED = {INTERNAL: "internal", DEIDENTIFIED: "de-identified", EXTERNAL: "external"}


def write_copy(workspace: Path, out: Path, run_id: str | None = None, *, key: bytes | None = None) -> dict[str, Any]:
    """Write an edition of a finished run into a folder that does not exist yet; returns its manifest."""
    home = Workspace(workspace)
    manifest = finished_run(home, run_id)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists already", hint="Give a folder that does not exist yet.")
    with home.lock(), _staging(home) as staged:
        with edition(home, manifest, key) as found:
            found.write(staged)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(staged, out, dirs_exist_ok=True)
    return found.manifest


@contextmanager
def _staging(home: Workspace) -> Generator[Path]:
    """A folder inside the workspace, because what is made there is patient data until it is complete."""
    folder = home.path / ".publishing"
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed; the lock keeps others away
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_sums(folder: Path) -> str:
    """SHA256SUMS of all files, as sha256sum writes and checks it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / SUMS).write_text("".join(lines), "utf-8")
    return "".join(lines)


def _free_name(to: Destination, run_id: str, sums: str) -> tuple[str, bool]:
    """The run's id, or with a number behind it when other pages of that run are published already, as after a review."""
    names = chain([run_id], (f"{run_id}-{number}" for number in count(2)))
    return next((name, there is None) for name in names if (there := to.sums(name)) is None or there == sums)
