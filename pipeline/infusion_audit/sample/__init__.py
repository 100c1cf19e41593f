"""A synthetic clinic: realistic extracts, seeded, at any size, with planted faults whose truth is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from infusion_audit.errors import UserError
from infusion_audit.sample import clinic
from infusion_audit.sample.dice import Dice
from infusion_audit.sample.session import DECOYS, FaultPicker, sessions_of
from infusion_audit.sample.writer import ExtractWriter, FhirWriter, OmopWriter, write_manifest

__all__ = ["SampleSummary", "write_sample"]

TREATED_PER_WALK_IN = 20
MOST_MONTHS = 36
FORMATS: dict[str, type[ExtractWriter]] = {"canonical": ExtractWriter, "fhir-r4": FhirWriter, "omop-5.4": OmopWriter}


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: `rows` good rows by table, `dirty` rows by kind, sessions with a planted fault or decoy by its name."""

    folder: Path
    sessions: int
    patients: int
    rows: dict[str, int]
    planted: dict[str, int]
    decoys: dict[str, int]
    dirty: dict[str, int]
    expected: int
    expected_optional: int


def write_sample(folder: Path, *, sessions: int, seed: int, months: int, faults: bool, format: str = "canonical") -> SampleSummary:
    """Write an extract of so many sessions into the folder; the same arguments write the same bytes."""
    _check(sessions, months, format)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FORMATS[format](folder, dirty=faults) as writer:
            summary = _fill(writer, folder, sessions=sessions, seed=seed, months=months, faults=faults)
        write_manifest(folder, months)
    except OSError as error:
        problem = f"the sample cannot be written to {folder}: {error.strerror}"
        raise UserError(problem, hint="Name a folder that you may write to.") from error
    return summary


def _check(sessions: int, months: int, format: str) -> None:
    if format not in FORMATS:
        raise UserError(f"the sample cannot be written in the format {format!r}", hint=f"Formats: {', '.join(FORMATS)}.")
    if sessions < 0:
        raise UserError(f"the number of sessions must not be negative, but is {sessions}")
    if not 1 <= months <= MOST_MONTHS:
        raise UserError(f"the number of months must be from 1 to {MOST_MONTHS}, but is {months}")


def _fill(writer: ExtractWriter, folder: Path, *, sessions: int, seed: int, months: int, faults: bool) -> SampleSummary:
    dice = Dice(seed)
    picker = FaultPicker(dice) if faults else None
    planted: Counter[str] = Counter()
    decoys: Counter[str] = Counter()
    number = patients = 0
    for patient in clinic.treated_patients(dice, sessions, months, faults=faults):
        if patients % TREATED_PER_WALK_IN == 0:
            writer.add_walk_in(clinic.walk_in(dice, patients // TREATED_PER_WALK_IN + 1))
        patients += 1
        writer.add_patient(patient)
        for draft, fault in sessions_of(patient, number + 1, dice, picker):
            number += 1
            writer.add_session(draft)
            if fault:
                (decoys if fault in DECOYS else planted)[fault.name] += 1
        if together := patient.visits[-1].double:
            (planted if together == "over" else decoys)[f"two_sessions_{together}_the_cap"] += 1
        if patient.reviews != "kept":
            planted[f"reviews_{patient.reviews}"] += 1
    return SampleSummary(
        folder,
        number,
        patients,
        dict(writer.rows),
        dict(planted),
        dict(decoys),
        dict(writer.dirty),
        writer.expected,
        writer.expected_optional,
    )
