/* CLIF 2.1 vital signs and assessments of the kinds that a protocol can ask for. */
select
    h.patient_id,
    v.hospitalization_id as encounter_id,
    k.kind,
    exact_text(v.vital_value) as value,
    k.unit,
    v.recorded_dttm as effective_at,
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
) as k (vital_category, kind, unit) on k.vital_category = v.vital_category
left join clif_hospitalization as h on h.hospitalization_id = v.hospitalization_id
where v.vital_value is not null
union all
select
    h.patient_id,
    a.hospitalization_id,
    'rass' as kind,
    exact_text(a.numerical_value) as value,
    null as unit,
    a.recorded_dttm as effective_at,
    a.file_id,
    a.line
from clif_patient_assessments as a
left join clif_hospitalization as h on h.hospitalization_id = a.hospitalization_id
where upper(a.assessment_category) = 'RASS' and a.numerical_value is not null
