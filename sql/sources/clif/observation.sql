/* CLIF 2.1 vital signs and assessments of the kinds that a protocol can ask for.

Values are binary floats; what has more than the nine decimals of the contract is rounded to them. */
with stay as (
    select
        hospitalization_id,
        min(patient_id) as patient_id
    from clif_hospitalization
    group by hospitalization_id
    having count(distinct patient_id) = 1
),

charted as (
    select
        v.hospitalization_id,
        k.kind,
        v.vital_value as value,
        k.unit,
        v.recorded_dttm,
        v.file_id,
        v.line
    from clif_vitals as v
    inner join (
        values
        ('weight_kg', 'weight', 'kg'),
        ('height_cm', 'height', 'cm'),
        ('respiratory_rate', 'respiratory_rate', '/min'),
        ('spo2', 'spo2', '%'),
        ('sbp', 'systolic_bp', 'mmHg'),
        ('dbp', 'diastolic_bp', 'mmHg'),
        ('heart_rate', 'heart_rate', '/min')
    ) as k (vital_category, kind, unit) on k.vital_category = lower(v.vital_category)
    where v.vital_value is not null
    union all
    select
        hospitalization_id,
        'rass' as kind,
        numerical_value as value,
        null as unit,
        recorded_dttm,
        file_id,
        line
    from clif_patient_assessments
    where lower(assessment_category) = 'rass' and numerical_value is not null
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
    c.file_id,
    c.line
from charted as c
left join stay as h on h.hospitalization_id = c.hospitalization_id
