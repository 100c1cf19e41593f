"""The files of the extract, written row by row: nothing is kept in memory but what the next row needs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TextIO

from infusion_audit.sample import clock, dirt, fhir, omop
from infusion_audit.sample.clinic import Patient
from infusion_audit.sample.clock import DAY, HOUR
from infusion_audit.sample.draft import Draft
from infusion_audit.sample.session import observation_lines
from infusion_audit.sample.tables import COLUMNS, Row, line
from infusion_audit.sample.truth import OPTIONAL_RULES

EXPECTED_COLUMNS = ("patient_id", "session_started_at", "rule_id", "verdict")


class ExtractWriter:
    """Opens every table at once and adds to them patient by patient; dirty rows are slipped in between at a fixed rate."""

    def __init__(self, folder: Path, *, dirty: bool) -> None:
        self.rows: Counter[str] = Counter()
        self.dirty: Counter[str] = Counter()
        self.expected = 0
        self.expected_optional = 0
        self._dirty = dirty
        self._dirty_by_table: Counter[str] = Counter()
        self._walk_in = ""
        self._stack = ExitStack()
        self._files = self._open_tables(folder)
        self._truth = self._open(folder / "expected.csv", EXPECTED_COLUMNS)
        self._optional_truth = self._open(folder / "expected_optional.csv", EXPECTED_COLUMNS)

    def __enter__(self) -> ExtractWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _open_tables(self, folder: Path) -> dict[str, TextIO]:
        return {table: self._open(folder / f"{table}.csv", COLUMNS[table]) for table in COLUMNS}

    def _open(self, path: Path, header: Sequence[str] = ()) -> TextIO:
        # surrogateescape lets one planted row hold a byte that is not UTF-8.
        file = self._stack.enter_context(path.open("w", encoding="utf-8", errors="surrogateescape", newline="", buffering=1 << 18))
        if header:
            file.write(",".join(header) + "\n")
        return file

    def add_patient(self, patient: Patient) -> None:
        row: Row = {"patient_id": patient.patient_id, "birth_date": patient.birth_date, "sex": patient.sex}
        self._write("patient", [line("patient", row)])

    def add_walk_in(self, patient: Patient) -> None:
        """Someone who came once, was weighed and asked about pain, and got no ketamine."""
        self._walk_in = patient.patient_id
        self.add_patient(patient)
        at = clock.EXTRACTED_AT - (patient.number % 150 + 2) * DAY + 7 * HOUR
        ids: Row = {"patient_id": patient.patient_id, "encounter_id": f"E{patient.patient_id}"}
        visit: Row = {"site_id": patient.site, "department": patient.department, "started_at": at, "ended_at": at + HOUR}
        self._write("encounter", [line("encounter", ids | visit)])
        weight: Row = {"kind": "weight", "value": f"{patient.hectograms / 10:.1f}", "unit": "kg", "method": "measured"}
        pain: Row = {"kind": "pain_nrs", "value": str(patient.hectograms % 9)}
        self._write("observation", [line("observation", ids | row | {"effective_at": at + 600}) for row in (weight, pain)])

    def add_session(self, draft: Draft) -> None:
        for table, rows in draft.rows.items():
            if rows:
                self._write(table, [line(table, row) for row in rows])
        self._write("observation", observation_lines(draft))
        started_at = clock.utc(draft.start)
        for rule, verdict in sorted(draft.truth.items()):
            optional = rule in OPTIONAL_RULES
            (self._optional_truth if optional else self._truth).write(f"{draft.patient.patient_id},{started_at},{rule},{verdict}\n")
            self.expected += not optional
            self.expected_optional += optional

    def _write(self, table: str, lines: list[str]) -> None:
        before = self.rows[table]
        self.rows[table] = before + len(lines)
        self._put(table, lines)
        if self._dirty and (before + 50) // dirt.EVERY != (before + 50 + len(lines)) // dirt.EVERY:
            kind, text = dirt.dirty_line(table, self._dirty_by_table[table], self._walk_in, lines[-1])
            self._put_dirty(table, kind, text)
            self._dirty_by_table[table] += 1
            self.dirty[kind] += 1

    def _put(self, table: str, lines: list[str]) -> None:
        self._files[table].writelines(lines)

    def _put_dirty(self, table: str, kind: str, text: str) -> None:
        del kind
        self._files[table].write(text)


class FhirWriter(ExtractWriter):
    """Writes the same rows as FHIR resources, one file of NDJSON for each kind."""

    def _open_tables(self, folder: Path) -> dict[str, TextIO]:
        return {table: self._open(folder / f"{name}.ndjson") for table, name in fhir.FILE.items()}

    def _put(self, table: str, lines: list[str]) -> None:
        if table in self._files:
            self._files[table].writelines(fhir.ndjson(table, lines))

    def _put_dirty(self, table: str, kind: str, text: str) -> None:
        """A line that was cut off stands for a ragged one, and whatever is in the cells is in the resource."""
        if table not in self._files:
            return
        if kind == dirt.BLANK:
            self._files[table].write(text)
        elif kind in (dirt.RAGGED_SHORT, dirt.RAGGED_LONG):
            cells = next(csv.reader([text]))[: len(COLUMNS[table])]
            row = ",".join(cells + [""] * (len(COLUMNS[table]) - len(cells))) + "\n"
            self._files[table].writelines(line[: len(line) * 2 // 3] + "\n" for line in fhir.ndjson(table, [row]))
        else:
            self._files[table].writelines(fhir.ndjson(table, [text]))


class OmopWriter(ExtractWriter):
    """Writes the same rows as tables of the OMOP Common Data Model."""

    def _open_tables(self, folder: Path) -> dict[str, TextIO]:
        self._numbering = omop.Numbering()
        files = {table: self._open(folder / f"{table}.csv", columns) for table, columns in omop.TABLES.items()}
        for table, text in omop.places():
            files[table].write(text)
        return files

    def _put(self, table: str, lines: list[str]) -> None:
        if table in omop.ROW:
            for target, text in omop.rows(table, lines, self._numbering):
                self._files[target].write(text)

    def _put_dirty(self, table: str, kind: str, text: str) -> None:
        """A ragged line is one of the written table, short or long."""
        if kind == dirt.BLANK or table not in omop.ROW:
            return
        cells = next(csv.reader([text]))[: len(COLUMNS[table])]
        row = ",".join(f'"{cell}"' if "," in cell else cell for cell in cells + [""] * (len(COLUMNS[table]) - len(cells)))
        for target, good in omop.rows(table, [row + "\n"], self._numbering):
            cut = {dirt.RAGGED_SHORT: good.rsplit(",", 6)[0] + "\n", dirt.RAGGED_LONG: good.rstrip("\n") + ",,left arm\n"}
            self._files[target].write(cut.get(kind, good))


def write_manifest(folder: Path, months: int) -> None:
    """Which place, which clock, and what the extract covers: the sessions' months, and a longer history of what came before.

    Doses are covered from the day before, which the total over any 24 hours looks back on.
    """
    first_day, _ = clock.window(months)
    first, day_before, history = (date.fromordinal(first_day - back).isoformat() for back in (0, 1, 1000))
    covered_from = {"medication_order": first, "administration": day_before, "intervention": first}
    extracted = clock.with_offset(clock.EXTRACTED_AT)
    text = [
        'site = "Riverside Pain Network (synthetic)"\n',
        f'timezone = "{clock.ZONE_NAME}"\n',
        f"extracted_at = {extracted}\n",
        'source_system = "infusion-audit sample"\n',
    ]
    for table in COLUMNS:
        if table in ("patient", "encounter", "procedure"):
            continue  # no entry: covers everything
        since = covered_from.get(table, history)
        text.append(f'\n[[coverage]]\ntable = "{table}"\nfrom = {since}T00:00:00-04:00\nto = {extracted}\n')
    (folder / "manifest.toml").write_text("".join(text), encoding="utf-8", newline="")
