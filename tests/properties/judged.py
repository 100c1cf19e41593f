"""Outcomes by patient, session and rule, from the product or from the reference engine."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..reference.engine import judge
from ..support.folder import Tables, write_folder
from ..support.generate import Batch
from ..support.product import Published, run

Outcome = tuple[object, ...]
Sessions = dict[float, dict[str, Outcome]]  # by start, by rule: verdict, grade, observed, its bounds


@dataclass(frozen=True)
class Judged:
    """All outcomes of one extract."""

    by_patient: dict[str, Sessions]
    rows: int

    def of(self, patient: str) -> Sessions:
        """The sessions of one patient."""
        return self.by_patient.get(patient, {})


def rounded(value: Fraction | float | None) -> float | None:
    """A number without the noise of its last digits."""
    return None if value is None else round(float(value), 9)


def by_reference(batch: Batch) -> Judged:
    """What the reference engine says."""
    found: dict[str, Sessions] = {}
    verdicts = judge(batch.tables, batch.settings, batch.manifest)
    for v in verdicts:
        outcome = (v.verdict, v.grade, rounded(v.observed), rounded(v.observed_low), rounded(v.observed_high))
        found.setdefault(v.patient_id, {}).setdefault(float(v.started), {})[v.rule_id] = outcome
    return Judged(found, len(verdicts))


def published(verdicts: list[Published]) -> Judged:
    """What the product published."""
    found: dict[str, Sessions] = {}
    for v in verdicts:
        outcome = (v.verdict, v.grade, rounded(v.observed), rounded(v.observed_low), rounded(v.observed_high))
        found.setdefault(v.patient_id, {}).setdefault(round(v.started, 6), {})[v.rule_id] = outcome
    return Judged(found, len(verdicts))


def by_product(batch: Batch, folder: Path, protocol: Path, *, parts: int = 1) -> list[Published]:
    """What the product publishes for an extract."""
    return run([write_folder(folder / "data", batch.tables, batch.manifest, parts=parts)], folder / "audit", protocol)


def joined(tables: list[Tables]) -> Tables:
    """The rows of many patients in one extract."""
    result: Tables = {}
    for each in tables:
        for name, rows in each.items():
            result.setdefault(name, []).extend(rows)
    return result
