"""An edition: a stored run as it leaves the workspace, whole or de-identified, with its pages and exports."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infusion_audit import outputs
from infusion_audit.deidentify import Pseudonyms
from infusion_audit.engine import Connection
from infusion_audit.errors import GateFailed, UserError
from infusion_audit.workspace import Workspace


@dataclass(frozen=True)
class Edition:
    """The tables of a run with its reviews as they stand today; ``folder`` only where the run's own files may be copied."""

    connection: Connection
    manifest: dict[str, Any]
    previous: dict[str, Any] | None
    reviews: dict[str, Any]
    history: dict[str, Any]
    folder: Path | None

    @property
    def run_id(self) -> str:
        return self.manifest["run_id"]

    def write(self, out: Path) -> None:
        """The pages and the files beside them, complete in themselves: no link leads out of the folder."""
        outputs.copy_verdicts(self.connection, out)
        outputs.copy_findings(self.connection, out)
        outputs.write_outliers(self.connection, out)
        if self.folder:
            for name in ("protocol.toml", "quarantine.csv"):
                (out / name).write_bytes((self.folder / name).read_bytes())
        outputs.render_edition(self.connection, self.manifest, out, self.previous, self.reviews, self.history)
        outputs.write_summary(self.connection, self.manifest, out)
        outputs.write_manifest(self.manifest, out)


@contextmanager
def edition(home: Workspace, manifest: dict[str, Any], key: bytes | None = None) -> Generator[Edition]:
    """The edition of a finished run; with a key, its tables hold pseudonyms and nothing that identifies."""
    from infusion_audit import history
    from infusion_audit.review_tables import install

    folder = home.run_folder(manifest["run_id"])
    with outputs.restored(folder) as connection:
        reviews = install(connection, manifest, folder, home)
        previous = next((run for run in home.manifests() if run["run_id"] == manifest["previous_run_id"]), None)
        told = manifest | {"review": reviews, "report": "index.html", "deidentified": False}
        if other := manifest.get("alongside"):
            told["alongside"] = dict(other) | {"report": None}
        if key is not None:
            pseudonyms = Pseudonyms(key)
            told = pseudonyms.manifest(told)
            previous = pseudonyms.manifest(previous) if previous else None
            reviews = told["review"]
            pseudonyms.replace_tables(connection, told["run_id"])
            history.create(connection)
        known = {} if key else history.install(connection, manifest, home)
        yield Edition(connection, told, previous, reviews, known, None if key else folder)


def refuse_stopped(run: dict[str, Any]) -> None:
    """Raise GateFailed for a run that the data-quality gate stopped: there is nothing to show."""
    if run.get("status") == "gate_failed":
        raise GateFailed(
            f"run {run['run_id']} was stopped by the data-quality gate and is not published",
            hint="What was published before stays. Mend the extract and run again, or name an earlier run.",
        )


def finished_run(home: Workspace, run_id: str | None) -> dict[str, Any]:
    """The run to hand out: the one named, or the newest; one that the gate stopped is refused, also when it is the newest."""
    if run_id is not None:
        run = home.find_run(run_id)
    else:
        runs = [run for run in home.manifests() if run.get("status") != "judged"]
        if not runs:
            raise UserError(f"workspace {home.path} holds no run", hint="infusion-audit run DATA makes one.")
        run = runs[-1]
        if other := run.get("alongside"):
            raise UserError(
                f"the newest sessions were judged by two protocols, in the runs {run['run_id']} ({run['protocol']['id']})"
                f" and {other['run_id']} ({other['protocol']['id']})",
                hint="Name one of them.",
            )
    refuse_stopped(run)
    if not run.get("report"):
        raise UserError(f"run {run['run_id']} has no report", hint=f"infusion-audit report {run['run_id']} renders it.")
    return run
