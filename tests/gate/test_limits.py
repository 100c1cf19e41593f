"""Every check of the gate, on both sides of its limit: ``passes`` is the last number that passes, ``fails`` the first that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infusion_audit.engine import Connection
from infusion_audit.gate import GateResult
from infusion_audit.gate_profile import families


def first(table: str, change: str, where: str = "true") -> str:
    """SQL that changes the first {n} rows of a table."""
    return f"update {table} set {change} where rowid in (select rowid from {table} where {where} order by rowid limit {{n}})"


def keep_out(table: str, received: int, scope: str = "row", column: str = "patient_id") -> str:
    """SQL that puts {n} rows of a file of ``received`` rows into quarantine, two reasons each, beside rows that are merely not used."""
    return f"""
        update input_file set received = {received} + 50 where table_name = '{table}';
        insert into quarantine(file_id, table_name, line, scope, column_name, reason)
            select file_id, table_name, i, '{scope}', '{column}', reason
            from input_file, range({{n}}) as line(i), (values ('missing'), ('too_long')) as why(reason) where table_name = '{table}'
            union all
            select file_id, table_name, 100000 + i, 'row', 'kind', 'kind_not_used'
            from input_file, range(50) as line(i) where table_name = '{table}'"""


def leave(kept: str) -> str:
    """SQL that deletes August's rows but some."""
    return f"delete from administration where started_at >= '2026-08-01' and not {kept}"


AUGUST = "started_at >= '2026-08-01'"
NO_AMOUNT = first("administration", "dose = null, rate = null", "event in ('bolus', 'infusion', 'rate_change')")
NO_UNIT = first("administration", "dose_unit = null, rate_unit = null", "dose is not null or rate is not null")
ODD_UNIT = first("administration", "dose_unit = 'ampoules', rate_unit = 'drops/min'", "dose is not null or rate is not null")
NOBODY = first("administration", "patient_id = 'nobody'")
UNSEEN = "delete from observation where patient_id in (select patient_id from patient order by patient_id limit {n})"
AUGUST_ROWS = leave("rowid in (select rowid from administration where started_at >= '2026-08-01' order by rowid limit {n})")
AUGUST_PATIENTS = leave(
    "patient_id in (select distinct patient_id from administration where started_at >= '2026-08-01' order by 1 limit {n})"
)
MORE_ROWS = f"insert into administration select a.* from administration as a, range(2) where {AUGUST} limit {{n}}"
DOSES = f"update administration set dose = dose * {{n}} where event = 'bolus' and {AUGUST}"
HIGH_RATES = f"update administration set rate = rate * {{n}} where event = 'rate_change' and {AUGUST}"
WEIGHTLESS = """
    update medication_order set dosing_weight = null where patient_id in (select patient_id from patient order by 1 limit {n});
    update observation set value_number = 800 where kind = 'weight'"""

LIMITS = [
    ("amount_missing", NO_AMOUNT, 28, 29),
    ("amount_missing_critical", NO_AMOUNT, 720, 721),
    ("unit_missing", NO_UNIT, 38, 39),
    ("unit_missing_critical", NO_UNIT, 384, 385),
    ("order_missing", first("administration", "order_id = null"), 240, 241),
    ("encounter_missing", first("administration", "encounter_id = null"), 240, 241),
    ("birth_date_missing", first("patient", "birth_date = null"), 9, 10),
    ("weight_unit_missing", first("observation", "unit = null", "kind = 'weight'"), 9, 10),
    ("unknown_unit", ODD_UNIT, 1, 2),
    ("unknown_unit_critical", ODD_UNIT, 384, 385),
    ("unknown_weight_unit", first("observation", "unit = 'stone'", "kind = 'weight'"), 4, 5),
    ("unknown_patient", NOBODY, 2, 3),
    ("unknown_patient_critical", NOBODY, 480, 481),
    ("unknown_encounter", first("administration", "encounter_id = 'EP0479'"), 24, 25),
    ("unknown_order", first("administration", "order_id = 'OP0479'"), 24, 25),
    ("observation_of_unknown_patient", first("observation", "patient_id = 'nobody'"), 14, 15),
    ("observation_rows_critical", "delete from observation where rowid >= {n}", 1, 0),
    ("treated_without_observation", UNSEEN, 96, 97),
    ("treated_without_observation_critical", UNSEEN, 384, 385),
    ("empty_table", "update input_file set received = {n} where table_name = 'condition'", 1, 0),
    ("kept_out_administration", keep_out("administration", 2000), 2, 3),
    ("kept_out_administration_critical", keep_out("administration", 2000), 100, 101),
    ("usable_administration_critical", keep_out("administration", 2000), 1999, 2000),
    ("kept_out_observation", keep_out("observation", 2000), 2, 3),
    ("kept_out_observation_critical", keep_out("observation", 2000), 100, 101),
    ("kept_out_other", keep_out("condition", 1000), 1, 2),
    ("kept_out_other_critical", keep_out("condition", 1000), 200, 201),
    ("unreadable_doses", keep_out("administration", 1000, "cell", "rate"), 1, 2),
    ("unreadable_doses_critical", keep_out("administration", 1000, "cell", "dose"), 200, 201),
    ("unreadable_cells", keep_out("patient", 1000, "cell", "sex"), 1, 2),
    ("volume_rows", AUGUST_ROWS, 150, 149),
    ("volume_rows", MORE_ROWS, 300, 301),
    ("volume_rows_critical", AUGUST_ROWS, 60, 59),
    ("volume_treatments", AUGUST_PATIENTS, 30, 29),
    ("volume_treatments_critical", AUGUST_PATIENTS, 12, 11),
    ("months_without_rows", "delete from administration where month(started_at) between 5 and 4 + {n}", 0, 1),
    ("weight_missing", WEIGHTLESS, 24, 25),
    ("newest_row_age", "update extract set extracted_at = timestamp '2026-08-27 16:00:00' + interval 31 day + to_seconds({n})", 0, 1),
    ("future_rows", first("administration", "started_at = '2026-09-02'"), 2, 3),
    ("median_dose_drift", DOSES, 2, 2.01),
    ("median_dose_drift", DOSES, 0.5, 0.49),
    ("median_dose_drift_critical", DOSES, 10, 10.1),
    ("median_dose_drift_critical", DOSES, 0.1, 0.09),
    ("high_dose_drift", HIGH_RATES, 2, 2.01),
]


@pytest.mark.parametrize(("name", "spoil", "passes", "fails"), LIMITS, ids=[f"{row[0]}-{row[3]}" for row in LIMITS])
def test_a_check_passes_at_its_limit_and_fails_beyond(
    clinic: Connection, judge: Callable[..., GateResult], name: str, spoil: str, passes: float, fails: float
) -> None:
    clinic.begin()
    clinic.execute(spoil.format(n=passes))
    assert judge(clinic, only=name).status == "passed"
    clinic.rollback()
    clinic.execute(spoil.format(n=fails))
    assert judge(clinic, only=name).status == ("failed" if name.endswith("_critical") else "warned")


def test_every_check_is_shown_on_both_sides_of_its_limit() -> None:
    assert {name for name, *_ in LIMITS} == {check.name for family in families() for check in family.checks}
