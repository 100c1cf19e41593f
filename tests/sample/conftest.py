"""Samples that several tests look at, written once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from infusion_audit.sample import SampleSummary, clinic, write_sample
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.planted import Fault
from infusion_audit.sample.session import FaultPicker, sessions_of


@dataclass
class Written:
    folder: Path
    summary: SampleSummary

    def rows(self, table: str) -> list[dict[str, str]]:
        """The rows of a clean table; dirty ones do not fit their header."""
        header, *lines = (self.folder / f"{table}.csv").read_text("utf-8").splitlines()
        return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("clean")
    return Written(folder, write_sample(folder, sessions=800, seed=11, months=12, faults=False))


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("faulty")
    return Written(folder, write_sample(folder, sessions=3000, seed=5, months=6, faults=True))


@pytest.fixture(scope="session")
def drafts() -> list[tuple[Draft, Fault | None]]:
    """Every session of a sample with faults as it was planned, with what was planted in it."""
    dice = Dice(23)
    picker = FaultPicker(dice)
    found: list[tuple[Draft, Fault | None]] = []
    for patient in clinic.treated_patients(dice, 2500, 6, faults=True):
        found += sessions_of(patient, len(found) + 1, dice, picker)
    return found
