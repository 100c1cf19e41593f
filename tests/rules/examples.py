"""Example pages: Markdown in which prose, given tables and the expected verdict are the documentation and the test.

A heading of level two begins an example. Each table stands under a line with the name of an input table, ``settings``
(``key``, ``value``) or ``expect``. What a table leaves out is filled in: one adult patient, one encounter from 08:00 to 13:00, one
order in the chronic-pain context with a dosing weight of 70 kg, one line, the record as the source, 15 June 2026, UTC. A diagnosis is
an ICD-10-CM code, and one of category ``encounter`` belongs to that encounter unless another is named.

The extract was taken on 1 July 2026 at 00:00 and covers everything before. ``coverage`` says otherwise, row by row, of the tables
that it names (``table``, ``kinds``, ``departments``, ``from``, ``to``; an empty cell is no limit), and ``manifest`` (``key``, ``value``)
of the extract: with a ``timezone``, times that are written out without an offset are local ones.

The verdict is that of the last session, unless ``expect`` names another by its number (``session``). An expected verdict names any column
of the verdicts: ``verdict``, ``observed``, ``reason`` ..., ``flags`` as ``a; b`` and ``evidence`` as the rows that it must rest on, no more
and no fewer: ``A1 A2 O observation`` is the first and the second administration, the order and one observation; a row that was kept out is
named by its table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, str]
Verdict = dict[str, Any]
PAGES = sorted(Path(__file__).parent.glob("k*.md"))

COLUMNS = {
    "patient": "patient_id birth_date sex",
    "encounter": "encounter_id patient_id site_id department started_at ended_at",
    "medication_order": "order_id patient_id encounter_id context dosing_weight dosing_weight_unit concentration concentration_unit",
    "administration": "administration_id patient_id encounter_id order_id line_id source event product route started_at stopped_at "
    "dose dose_unit rate rate_unit volume_ml concentration concentration_unit pump_weight pump_weight_unit delivered_count status "
    "recorded_at total_dose total_dose_unit",
    "observation": "patient_id encounter_id kind value unit method laterality upper_limit effective_at",
    "condition": "patient_id encounter_id code code_system category onset_at resolved_at present_on_admission recorded_at",
    "screening": "patient_id encounter_id item answer answered_at role",
    "procedure": "patient_id kind ended_at",
    "medication": "patient_id drug drug_class started_at ended_at days_supply outcome origin",
    "intervention": "patient_id kind performed_at",
    "stock": "patient_id container_id action amount unit occurred_at user_id witness_id",
}
_ALWAYS = ("patient", "encounter", "medication_order")
_NO_INPUT = {"settings", "manifest", "coverage", "expect"}


@dataclass
class Example:
    """One example of a page: what is given, what is expected."""

    rule_id: str
    title: str
    number: str
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def patient_id(self) -> str:
        return f"{self.rule_id}-{self.number}"

    @property
    def settings(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.tables.get("settings", [])}

    @property
    def manifest(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.tables.get("manifest", [])}

    @property
    def coverage(self) -> dict[str, list[Row]]:
        """What the extract covers, by table; a table that is not named is covered whole."""
        result: dict[str, list[Row]] = {}
        for row in self.tables.get("coverage", []):
            result.setdefault(row["table"], []).append({key: _time(value) for key, value in row.items() if value})
        return result

    @property
    def expected(self) -> Row:
        return self.tables["expect"][0]

    def chosen(self, verdicts: Sequence[Verdict]) -> Verdict | None:
        """The verdict that is meant, of those of the rule on the patient's sessions in their order."""
        number = int(self.expected.get("session", 0)) - 1
        return verdicts[number] if -len(verdicts) <= number < len(verdicts) else None

    def rows(self, table: str) -> list[Row]:
        """The rows of an input table with everything filled in."""
        given = self.tables.get(table) or ([{}] if table in _ALWAYS else [])
        return [self._filled(table, number, row) for number, row in enumerate(given, start=1)]

    def _filled(self, table: str, number: int, given: Row) -> Row:
        who = self.patient_id
        default: dict[str, Row] = {
            "patient": {"birth_date": "1980-01-01", "sex": "male"},
            "encounter": {"encounter_id": f"{who}-E", "site_id": "S1", "started_at": "05:00", "ended_at": "13:00"},
            "medication_order": {
                "order_id": f"{who}-O",
                "encounter_id": f"{who}-E",
                "context": "chronic",
                "dosing_weight": "70",
                "dosing_weight_unit": "kg",
            },
            "administration": {
                "administration_id": f"{who}-A{number}",
                "encounter_id": f"{who}-E",
                "order_id": f"{who}-O",
                "line_id": f"{who}-L",
                "source": "mar",
            },
            "observation": {"encounter_id": f"{who}-E"},
            "condition": {"code_system": "icd10cm"} | ({"encounter_id": f"{who}-E"} if given.get("category") == "encounter" else {}),
            "screening": {"encounter_id": f"{who}-E"},
        }
        row = {"patient_id": who} | default.get(table, {}) | given
        if row.get("line_id") == "none":
            row["line_id"] = ""
        return {key: _time(value) if key.endswith("_at") else value for key, value in row.items()}


def _time(text: str) -> str:
    """``10:00`` is on 15 June, ``+1 10:00`` a day later, ``-90 10:00`` 90 days earlier; anything else stays as it is written."""
    match = re.fullmatch(r"(?:([+-]\d+) )?(\d\d:\d\d(?::\d\d)?)", text)
    return f"{date(2026, 6, 15) + timedelta(days=int(match[1] or 0))}T{match[2]}Z" if match else text


def read_page(page: Path) -> list[Example]:
    """The examples of a page."""
    rule_id = f"{page.stem[:2].upper()}-{page.stem[2:4]}"
    examples: list[Example] = []
    table, head = "", []
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("## "):
            examples.append(Example(rule_id, line[3:].strip(), f"{len(examples) + 1:02d}"))
            table = ""
        elif examples and (line in COLUMNS or line in _NO_INPUT):
            table, head = line, []
            examples[-1].tables[table] = []
        elif line.startswith("|") and table:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not head:
                head = cells
            elif not re.fullmatch(r"[:| ]*-[-:| ]*", line):
                examples[-1].tables[table].append(dict(zip(head, cells, strict=True)))
        elif line.strip():
            table = ""
    return examples


def unmet(example: Example, got: Verdict | None) -> list[str]:
    """What a verdict does not hold of that which the example promises."""
    if got is None:
        return ["no verdict"]
    of_patient = f"{example.patient_id}-"  # begins the identifier of a row that has one; any other is named by its table
    names = [str(row["row_id"]) for row in got["evidence"] or ()]
    rows = [
        name.removeprefix(of_patient) if name.startswith(of_patient) else str(row["table"])
        for name, row in zip(names, got["evidence"] or (), strict=True)
    ]
    got = got | {"evidence": rows if got["evidence"] is not None else None}
    promised: dict[str, str] = ({} if example.expected["verdict"] == "violation" else {"grade": ""}) | example.expected
    promised.pop("session", None)
    return [f"{key}: {got[key]} instead of {value or None}" for key, value in promised.items() if not _is(got[key], value, key)]


def _is(got: Any, value: str, key: str) -> bool:
    if key.startswith("observed") and value:
        return got is not None and math.isclose(got, float(value), rel_tol=1e-6, abs_tol=6e-7)
    if key == "flags":
        return got is not None and sorted(got) == sorted(filter(None, value.split("; ")))
    if key == "evidence":
        return got is not None and sorted(got) == sorted(value.split())
    return got == (value or None)
