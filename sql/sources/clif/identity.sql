/* The place of a row in the chart: CLIF has no identity of a row. A time is the same however it is written, and so is a code.

Rows that share a place (two sites of one blood pressure, two pushes) are one record: a later extract's replace them together.
A row of a stay that is nobody's or two patients' says nothing of anyone, and so replaces nothing. */
with recorded as (
    select
        'administration' as table_name,
        file_id,
        line,
        hospitalization_id,
        concat_ws('/', 'medication_admin_continuous', hospitalization_id, med_order_id, lower(med_category)) as what,
        admin_dttm as recorded_dttm
    from clif_medication_admin_continuous
    union all
    select
        'administration',
        file_id,
        line,
        hospitalization_id,
        concat_ws('/', 'medication_admin_intermittent', hospitalization_id, med_order_id, lower(med_category)),
        admin_dttm
    from clif_medication_admin_intermittent
    union all
    select
        'observation',
        v.file_id,
        v.line,
        v.hospitalization_id,
        concat_ws('/', 'vitals', v.hospitalization_id, lower(v.vital_category)),
        v.recorded_dttm
    from clif_vitals as v
    inner join vital_kind as k on k.vital_category = lower(v.vital_category)
    union all
    select
        'observation',
        a.file_id,
        a.line,
        a.hospitalization_id,
        concat_ws('/', 'patient_assessments', a.hospitalization_id, lower(a.assessment_category)),
        a.recorded_dttm
    from clif_patient_assessments as a
    inner join assessment_kind as k on k.assessment_category = lower(a.assessment_category)
),

timed as (
    select
        *,
        case when is_local(recorded_dttm) then zone_year(read_time(recorded_dttm)) end as of_zone
    from recorded
    where recorded_dttm is not null
),

record as (
    select
        table_name,
        file_id,
        line,
        hospitalization_id,
        concat_ws('/', what, coalesce(cast(first_instant(recorded_dttm, read_time(recorded_dttm), of_zone) as varchar), recorded_dttm)) as identity
    from timed
    union all
    select
        'condition',
        file_id,
        line,
        hospitalization_id,
        concat_ws('/', 'hospital_diagnosis', hospitalization_id, diagnosis_code_format, replace(diagnosis_code, '.', ''))
    from clif_hospital_diagnosis
    where diagnosis_code is not null
)

select
    r.table_name,
    r.file_id,
    r.line,
    r.identity,
    false as withdrawn
from record as r
inner join stay as s on s.hospitalization_id = r.hospitalization_id and s.refused is null
