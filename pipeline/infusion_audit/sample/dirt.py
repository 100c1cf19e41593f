"""Rows as broken interfaces and spreadsheets leave them.

They belong to people who were never treated (or are exact copies of good rows), so that no verdict depends on them.
"""

from __future__ import annotations

from infusion_audit.sample import clock
from infusion_audit.sample.clock import DAY, HOUR, MINUTE
from infusion_audit.sample.tables import COLUMNS, Row, line

EVERY = 300
"""One dirty row for so many good ones, table by table."""

DUPLICATE, BLANK, RAGGED_SHORT, RAGGED_LONG = "exact_duplicate", "blank_line", "ragged_short", "ragged_long"

# A good row of each table, to be spoilt. The administration gave nothing: a given one would be a session.
_GOOD: dict[str, dict[str, str]] = {
    "patient": {"birth_date": "1961-04-12", "sex": "female"},
    "encounter": {"encounter_id": "X1", "site_id": "north", "department": "pain_clinic"},
    "medication_order": {"order_id": "X1", "context": "chronic", "indication": "other", "dosing_weight": "70", "dosing_weight_unit": "kg"},
    "administration": {"administration_id": "X1", "event": "bolus", "dose": "20", "dose_unit": "mg", "status": "held"},
    "observation": {"kind": "pain_nrs", "value": "5"},
    "condition": {"code": "I10", "code_system": "icd10cm", "category": "problem_list"},
    "screening": {"item": "pregnancy", "answer": "no", "role": "nurse"},
    "medication": {"drug": "gabapentin", "drug_class": "gabapentinoid", "days_supply": "30"},
    "procedure": {"kind": "other"},
    "intervention": {"kind": "escalation"},
    "stock": {"container_id": "X1", "action": "waste", "amount": "5", "unit": "mg"},
}
_TIME = {"administration": "started_at", "observation": "effective_at", "screening": "answered_at", "procedure": "ended_at",
         "intervention": "performed_at", "stock": "occurred_at", "encounter": "started_at", "medication_order": "ordered_at",
         "condition": "onset_at", "medication": "started_at"}  # fmt: skip

_Spoilt = tuple[str, dict[str, str]]
_ID_GONE: _Spoilt = ("missing_id", {"patient_id": ""})
_COPY: _Spoilt = (DUPLICATE, {})


def _bad_time(table: str) -> _Spoilt:
    return ("unreadable_time", {_TIME[table]: "2026-02-30T25:10:00"})


KINDS: dict[str, tuple[_Spoilt, ...]] = {
    "patient": (("bad_date_cell", {"birth_date": "12/04/1961"}), ("unknown_enum_cell", {"sex": "F"}), _COPY, _ID_GONE),
    "encounter": (("missing_id", {"encounter_id": ""}), _COPY, _bad_time("encounter")),
    "medication_order": (("bad_number_cell", {"dosing_weight": "seventy"}), ("unknown_enum_cell", {"context": "acute"}), _COPY),
    "administration": (
        ("missing_id", {"administration_id": ""}), _COPY, _bad_time("administration"), ("unknown_enum", {"event": "given"}),
        ("bad_number_cell", {"dose": "20 mg"}), ("nan", {"dose": "NaN"}), ("decimal_comma", {"dose": '"2,5"'}), (RAGGED_SHORT, {}),
        ("unknown_enum_cell", {"source": "paper"}), (BLANK, {}),
    ),
    "observation": (
        _COPY, ("unknown_kind", {"kind": "temperature", "value": "36.6"}), _bad_time("observation"), ("nan", {"value": "NaN"}),
        ("decimal_comma", {"value": '"5,0"'}), _ID_GONE, (RAGGED_SHORT, {}), (RAGGED_LONG, {}), ("stray_quote", {"value": '5"'}),
        (BLANK, {}),
        ("invalid_utf8", {"unit": "\udcff"}), ("bad_number_cell", {"upper_limit": "high"}), ("unknown_enum_cell", {"method": "guessed"}),
        ("missing_value", {"value": ""}), ("nonexistent_local_time", {"effective_at": "2026-03-08T02:30:00"}),
        ("ambiguous_local_time", {"effective_at": "2025-11-02T01:30:00"}),
    ),
    "condition": (
        ("unknown_enum", {"code_system": "icd9"}), _COPY, ("missing_value", {"code": ""}), ("unknown_enum_cell", {"category": "history"}),
    ),
    "screening": (("unknown_enum", {"answer": "maybe"}), _COPY, ("unknown_enum", {"item": "allergy"}), _bad_time("screening"), _ID_GONE),
    "medication": (
        ("unknown_enum", {"drug_class": "painkiller"}), ("bad_number_cell", {"days_supply": "about 30"}), _COPY,
        ("bad_number_cell", {"mme_per_day": "1e309"}),
    ),
    "procedure": (_bad_time("procedure"), _COPY),
    "intervention": (("unknown_enum", {"kind": "prayer"}), _COPY),
    "stock": (
        ("nan", {"amount": "NaN"}), _COPY, ("unknown_enum", {"action": "lost"}), _bad_time("stock"), ("bad_number", {"amount": "inf"}),
    ),
}  # fmt: skip


def dirty_line(table: str, number: int, patient_id: str, good_line: str) -> tuple[str, str]:
    """The kind and the text of the dirty row with this running number; `good_line` is the row before it."""
    kind, cells = KINDS[table][number % len(KINDS[table])]
    if kind == DUPLICATE:
        return kind, good_line
    if kind == BLANK:
        return kind, "\n"
    row: Row = {"patient_id": patient_id, **_GOOD[table]}
    if table in _TIME:
        # Different for every row, so that none is taken for a copy of another.
        row[_TIME[table]] = clock.EXTRACTED_AT - 20 * DAY - (number % 2000) * HOUR - number // 2000 * MINUTE
    for column in COLUMNS[table][:1]:
        if column != "patient_id":
            row[column] = f"X{number:07d}"
    text = line(table, row | cells)
    if kind == RAGGED_SHORT:
        return kind, text.rsplit(",", 6)[0] + "\n"
    if kind == RAGGED_LONG:
        return kind, text.rstrip("\n") + ",,left arm\n"
    return kind, text
