/* MIMIC-IV admissions. One passes through several care units, so it has no department. */
select
    hadm_id as encounter_id,
    subject_id as patient_id,
    admittime as started_at,
    dischtime as ended_at,
    file_id,
    line
from admissions
