"""One site's persistent home on disk: the warehouse, the published runs, and the lock that keeps runs apart."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from infusion_audit.errors import UserError, WorkspaceBusy


class Workspace:
    """``DIR/warehouse.duckdb``, ``DIR/index.html`` and ``DIR/runs/RUN_ID/``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warehouse = path / "warehouse.duckdb"
        self.catalogue = path / "index.html"
        self.runs = path / "runs"

    def create(self) -> None:
        """Make the folders; harmless when they exist."""
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> UserError:
        return UserError(f"workspace {self.path} cannot be written: {error.strerror}", hint="Choose another with --workspace.")

    def must_be_loaded(self) -> None:
        """Refuse a workspace into which nothing was loaded yet."""
        if not self.warehouse.is_file():
            raise UserError(f"workspace {self.path} holds no data", hint="infusion-audit load DATA (or run DATA) comes first.")

    # ------------------------------------------------------------ one at a time

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the workspace; the operating system lets go even when the process is killed."""
        self.create()
        try:
            file = (self.path / ".lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"workspace {self.path} cannot be written: {error.strerror}", hint="Choose another with --workspace."
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.readline().strip()
                raise WorkspaceBusy(
                    f"workspace {self.path} is in use{f' by {holder}' if holder else ''}",
                    hint="Wait until that run ends, or choose another workspace with --workspace.",
                ) from error
            file.truncate(0)
            file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
            file.flush()
            self._clear()
            try:
                yield
            finally:
                file.truncate(0)

    def _clear(self) -> None:
        """Put away what a killed run left half written, and put back what it was about to replace."""
        for folder in (self.runs, self.path / "external"):
            for half in folder.glob(".*.partial"):
                shutil.rmtree(half, ignore_errors=True)
            for old in folder.glob(".*.old"):
                final = folder / old.name.removeprefix(".").removesuffix(".old")
                if final.exists():
                    shutil.rmtree(old, ignore_errors=True)
                else:
                    old.rename(final)

    # ------------------------------------------------------------ runs

    def new_run_id(self) -> str:
        """A name that sorts by time; the short hash keeps two runs of one second apart."""
        now = datetime.now(UTC)
        salt = hashlib.sha256(f"{now.isoformat()} {os.getpid()} {os.urandom(8).hex()}".encode()).hexdigest()
        return f"{now:%Y%m%dT%H%M%SZ}-{salt[:6]}"

    def run_folder(self, run_id: str) -> Path:
        return self.runs / run_id

    @contextmanager
    def publishing(self, run_id: str, *, among: Path | None = None) -> Generator[Path]:
        """A folder to write a run into, ``among`` the published runs by default; it becomes visible whole, or not at all.

        A folder already published under that id is replaced (rendering a stored run again).
        """
        self.create()
        folder = among or self.runs
        partial, final = folder / f".{run_id}.partial", folder / run_id
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if final.exists():
            old = folder / f".{run_id}.old"
            shutil.rmtree(old, ignore_errors=True)
            final.rename(old)
            partial.rename(final)
            shutil.rmtree(old, ignore_errors=True)
        else:
            partial.rename(final)

    def manifests(self) -> list[dict[str, Any]]:
        """The run.json of every run, oldest first; a folder without a readable one is not a run."""
        found: list[dict[str, Any]] = []
        for file in sorted(self.runs.glob("[!.]*/run.json")):
            try:
                about = file.stat()
                manifest = _read_manifest(file, about.st_mtime_ns, about.st_size)
            except (OSError, ValueError):
                continue
            if manifest and manifest.get("run_id") == file.parent.name:
                found.append(dict(manifest))
        return found

    def find_run(self, run_id: str | None = None) -> dict[str, Any]:
        """The manifest of a run; the latest published one by default. The start of an id is enough when it is unique."""
        runs = self.manifests()
        if run_id is None:
            runs = [run for run in runs if run.get("report")] or runs
            if not runs:
                raise UserError(f"workspace {self.path} holds no run", hint="infusion-audit run DATA makes one.")
            return runs[-1]
        hits = [run for run in runs if run["run_id"] == run_id] or [run for run in runs if run["run_id"].startswith(run_id)]
        if len(hits) == 1:
            return hits[0]
        known = ", ".join(run["run_id"] for run in runs[-5:]) or "none"
        raise UserError(f'{len(hits) or "no"} runs of {self.path} are called "{run_id}"', hint=f"The latest runs are: {known}.")

    def previous_run(self, protocol_id: str, *, before: str | None = None) -> dict[str, Any] | None:
        """The latest published run by the same protocol, to say what changed."""
        runs = [
            run
            for run in self.manifests()
            if run.get("report") and run.get("protocol", {}).get("id") == protocol_id and (before is None or run["run_id"] < before)
        ]
        return runs[-1] if runs else None


@lru_cache(maxsize=4096)
def _read_manifest(file: Path, _modified: int, _size: int) -> dict[str, Any] | None:
    """A ``run.json``, read once by a process however often it asks for the runs; a change of time or size has it read again."""
    content = json.loads(file.read_text("utf-8"))
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None
