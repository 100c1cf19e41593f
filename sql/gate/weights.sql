/*
title = "Weights"

[[measure]]
name = "weight_missing"
unit = "share"
of = "treated patients"
what = "Treated patients without any usable weight, neither on an order nor observed."
means = "Doses per kg of these patients are not evaluable; have dosing weights or weight observations, with units, added to the export."
warning = { at_most = 0.05 }
*/
with treated as (
    select distinct patient_id
    from gate_row
),

usable as (
    select m.patient_id
    from medication_order as m
    inner join gate_unit as u on u.unit = normal_unit(m.dosing_weight_unit) and u.dimension = 'weight'
    cross join gate_setting as s
    where m.dosing_weight * u.factor between s.min_kg and s.max_kg
    union
    select o.patient_id
    from observation as o
    inner join gate_unit as u on u.unit = normal_unit(o.unit) and u.dimension = 'weight'
    cross join gate_setting as s
    where o.kind = 'weight' and o.value_number * u.factor between s.min_kg and s.max_kg
),

counted as (
    select
        count(*) as whole,
        sum(case when patient_id in (select patient_id from usable) then 0 else 1 end) as part
    from treated
)

select
    'weight_missing' as measure,
    cast(null as integer) as extract_id,
    cast(null as varchar) as subject,
    part / nullif(cast(whole as double), 0) as observed,
    part,
    whole,
    cast(null as varchar) as skipped
from counted
