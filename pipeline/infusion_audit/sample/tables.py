"""The columns of every input table, in the order in which the sample writes them, and the way each table writes times."""

from __future__ import annotations

from collections.abc import Callable

from infusion_audit.sample import clock

Row = dict[str, "str | int"]
"""One row by column name; an integer is an instant (see clock), a missing column is an empty cell."""

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "patient": "patient_id birth_date sex",
        "encounter": "encounter_id patient_id site_id department started_at ended_at",
        "medication_order": """order_id patient_id encounter_id prescriber_id context indication dosing_weight dosing_weight_unit
            concentration concentration_unit ordered_at""",
        "administration": """administration_id patient_id encounter_id order_id line_id source event product route started_at
            stopped_at dose dose_unit rate rate_unit volume_ml concentration concentration_unit pump_weight pump_weight_unit
            delivered_count total_dose total_dose_unit status recorded_at performer_id""",
        "observation": "patient_id encounter_id kind value unit method laterality upper_limit effective_at recorded_at",
        "condition": "patient_id encounter_id code code_system category onset_at resolved_at present_on_admission recorded_at",
        "screening": "patient_id encounter_id item answer answered_at role",
        "medication": "patient_id drug drug_class started_at ended_at days_supply outcome mme_per_day origin",
        "procedure": "patient_id kind ended_at",
        "intervention": "patient_id kind performed_at",
        "stock": "patient_id container_id action amount unit occurred_at user_id witness_id",
    }.items()
}

TIME_STYLE: dict[str, Callable[[int], str]] = {"observation": clock.utc, "screening": clock.with_offset}
"""Tables not named here write local times without an offset, so that the manifest's time zone matters."""


def line(table: str, row: Row) -> str:
    """The CSV line of a row; no cell of the sample needs quoting."""
    write_time = TIME_STYLE.get(table, clock.local)
    get = row.get
    return ",".join([cell if isinstance(cell := get(column, ""), str) else write_time(cell) for column in COLUMNS[table]]) + "\n"
