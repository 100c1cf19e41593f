/* CLIF 2.1 vital signs and assessments of the kinds that a protocol can ask for.

Values are binary floats; what has more than the nine decimals of the contract is rounded to them. */
with charted as (
    select
        v.hospitalization_id,
        k.kind,
        v.vital_value as value,
        k.unit,
        v.recorded_dttm,
        v.file_id,
        v.line
    from clif_vitals as v
    inner join vital_kind as k on k.vital_category = lower(v.vital_category)
    where v.vital_value is not null
    union all
    select
        a.hospitalization_id,
        k.kind,
        a.numerical_value as value,
        null as unit,
        a.recorded_dttm,
        a.file_id,
        a.line
    from clif_patient_assessments as a
    inner join assessment_kind as k on k.assessment_category = lower(a.assessment_category)
    where a.numerical_value is not null
)

select
    h.patient_id,
    c.hospitalization_id as encounter_id,
    c.kind,
    case
        when regexp_matches(c.value, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(c.value as decimal(18, 9)) as varchar), c.value)
        else c.value
    end as value,
    c.unit,
    c.recorded_dttm as effective_at,
    h.refused,
    c.file_id,
    c.line
from charted as c
left join stay as h on h.hospitalization_id = c.hospitalization_id
