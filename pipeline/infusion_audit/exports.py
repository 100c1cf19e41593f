"""Exports of a run for other tools: each kind is one module that writes into a folder, from the tables of an edition."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from infusion_audit.workspace import Workspace

if TYPE_CHECKING:
    from infusion_audit.edition import Edition

EXPORTED = ("findings.xlsx", "fhir", "report.pdf")  # gone when the run is rendered again: they would not tell of later reviews


def export(found: Edition, kinds: Sequence[str], out: Path) -> list[Path]:
    """Write the exports of these kinds into a folder; returns what was written, a file or folder each."""
    written: list[Path] = []
    with TemporaryDirectory(prefix=".export-", dir=out) as folder:
        for kind in dict.fromkeys(kinds):
            made = _writer(kind)(found, Path(folder))
            target = out / made.name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
            written.append(made.rename(target))
    return written


def export_run(workspace: Path, run_id: str | None, kinds: Sequence[str], out: Path | None) -> list[Path]:
    """Write the exports of a finished run, into its own folder unless another is named."""
    from infusion_audit.edition import edition, finished_run

    home = Workspace(workspace)
    manifest = finished_run(home, run_id)
    folder = out or home.run_folder(manifest["run_id"])
    folder.mkdir(parents=True, exist_ok=True)
    with home.lock(), edition(home, manifest) as found:
        return export(found, kinds, folder)


def _writer(kind: str) -> Callable[[Edition, Path], Path]:
    if kind == "xlsx":
        from infusion_audit.export_xlsx import write
    elif kind == "fhir":
        from infusion_audit.export_fhir import write
    else:
        from infusion_audit.export_pdf import write
    return write
