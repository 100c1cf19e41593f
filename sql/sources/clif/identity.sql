/* The place of a row in the chart, for the tables whose rows have no identity of their own: CLIF has no identity of a row.

Rows that share a place (two sites of one blood pressure) are one record: a later extract's replace them together. */
select
    'observation' as table_name,
    v.file_id,
    v.line,
    concat_ws('/', 'vitals', v.hospitalization_id, lower(v.vital_category), v.recorded_dttm) as identity,
    false as withdrawn
from clif_vitals as v
inner join vital_kind as k on k.vital_category = lower(v.vital_category)
where v.hospitalization_id is not null and v.recorded_dttm is not null
union all
select
    'observation',
    a.file_id,
    a.line,
    concat_ws('/', 'patient_assessments', a.hospitalization_id, lower(a.assessment_category), a.recorded_dttm),
    false
from clif_patient_assessments as a
inner join assessment_kind as k on k.assessment_category = lower(a.assessment_category)
where a.hospitalization_id is not null and a.recorded_dttm is not null
union all
select
    'condition',
    file_id,
    line,
    concat_ws('/', 'hospital_diagnosis', hospitalization_id, diagnosis_code_format, diagnosis_code),
    false
from clif_hospital_diagnosis
where hospitalization_id is not null and diagnosis_code is not null
