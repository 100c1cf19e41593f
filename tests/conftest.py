"""What all suites share: work that is done once for all workers, and the order in which they take the files."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infusion_audit import run as job

SAMPLE = Path(__file__).parents[1] / "sample_data"
# The files that take longest: begun first, so that no worker is left with one when the others are done.
LONG = (
    "sources/test_fhir_rows.py",
    "rules/test_examples.py",
    "reports/test_browser.py",
    "reference/test_readings.py",
    "properties/test_properties.py",
    "reference/test_agreement.py",
    "sources/test_postgres.py",
    "reports/test_golden.py",
    "test_run.py",
    "sources/test_omop_rows.py",
    "rules/test_contraindications.py",
    "load/test_local_time.py",
    "test_outcomes.py",
)
Once = Callable[[str, Callable[[Path], object]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take long come first (``--no-loadscope-reorder`` keeps it so)."""
    place = {name: number for number, name in enumerate(LONG)}
    here = Path(__file__).parent
    items.sort(key=lambda item: place.get(item.path.relative_to(here).as_posix(), len(place)))


def listing(folder: Path) -> list[list[str | int]]:
    """Every file of a folder, with its size and the time of its last change; who reads a workspace takes its lock."""
    files = ((file.relative_to(folder).as_posix(), file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in files if not name.endswith(".lock")]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Once]:
    """Makes a folder once for all workers. It is to be read; a test that writes takes a copy, and one that forgets it is told."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    made: list[Path] = []

    def make(name: str, build: Callable[[Path], object]) -> Path:
        folder, listed = root / f"once-{name}", root / f"once-{name}.json"
        with (root / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not listed.exists():
                shutil.rmtree(folder, ignore_errors=True)  # what a build left that failed: it fails again, with its own words
                folder.mkdir()
                build(folder)
                listed.write_text(json.dumps(listing(folder)), "utf-8")
        made.append(folder)
        return folder

    yield make
    for folder in made:
        assert listing(folder) == json.loads(folder.with_suffix(".json").read_text("utf-8")), f"a test wrote into {folder}, which is shared"


@pytest.fixture(scope="session")
def audited_sample(once: Once) -> Path:
    """The workspace of one run over the sample extract, to be read."""
    return once("sample", lambda folder: job.audit([SAMPLE], folder / "audit")) / "audit"
