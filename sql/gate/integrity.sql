/*
title = "References between tables"

[[measure]]
name = "unknown_patient"
unit = "share"
of = "administration rows"
what = "Administration rows whose patient is not in the patient table."
means = "Doses belong to patients that the patient table does not hold; the tables were probably taken from different extracts or write the identifier differently."
warning = { at_most = 0.001 }
critical = { at_most = 0.2, of_at_least = 100 }
absent = "no patient table is supplied"

[[measure]]
name = "unknown_encounter"
unit = "share"
of = "administration rows with an encounter"
what = "Administration rows whose encounter is not one of that patient's encounters."
means = "Doses name encounters that the encounter table does not hold for that patient; check that both tables come from the same extract."
warning = { at_most = 0.01 }
absent = "no encounter table is supplied"

[[measure]]
name = "unknown_order"
unit = "share"
of = "administration rows with an order"
what = "Administration rows whose order is not one of that patient's orders."
means = "Doses name orders that the order table does not hold for that patient, so dosing weight and context are lost; check that both tables come from the same extract."
warning = { at_most = 0.01 }
absent = "no medication_order table is supplied"

[[measure]]
name = "observation_of_unknown_patient"
unit = "share"
of = "observation rows"
what = "Observation rows whose patient is not in the patient table."
means = "Observations belong to patients that the patient table does not hold; check that both tables write the patient identifier alike."
warning = { at_most = 0.01 }
absent = "no patient table or no observation rows are supplied"
*/
with supplied as (
    select distinct table_name
    from input_file
),

linked as (
    select
        f.extract_id,
        a.encounter_id is not null as has_encounter,
        a.order_id is not null as has_order,
        p.patient_id is not null as is_patient_known,
        e.patient_id is not null as is_encounter_known,
        m.patient_id is not null as is_order_known
    from administration as a
    inner join input_file as f on f.file_id = a.file_id
    left join (select distinct patient_id from patient) as p on p.patient_id = a.patient_id
    left join (select distinct patient_id, encounter_id from encounter) as e
        on e.patient_id = a.patient_id and e.encounter_id = a.encounter_id
    left join (select distinct patient_id, order_id from medication_order) as m
        on m.patient_id = a.patient_id and m.order_id = a.order_id
),

counted as (
    select
        extract_id,
        count(*) as row_count,
        sum(case when is_patient_known then 0 else 1 end) as patient_unknown,
        sum(case when has_encounter then 1 else 0 end) as encounter_rows,
        sum(case when has_encounter and not is_encounter_known then 1 else 0 end) as encounter_unknown,
        sum(case when has_order then 1 else 0 end) as order_rows,
        sum(case when has_order and not is_order_known then 1 else 0 end) as order_unknown
    from linked
    group by grouping sets ((), (extract_id))
),

observed as (
    select
        f.extract_id,
        sum(o.row_count) as row_count,
        sum(case when o.patient_id in (select patient_id from patient) then 0 else o.row_count end) as patient_unknown
    from gate_observed as o
    inner join input_file as f on f.file_id = o.file_id
    group by grouping sets ((), (f.extract_id))
)

select
    'unknown_patient' as measure,
    extract_id,
    cast(null as varchar) as subject,
    patient_unknown / nullif(cast(row_count as double), 0) as observed,
    patient_unknown as part,
    row_count as whole,
    cast(null as varchar) as skipped
from counted
where exists (select 1 from supplied where table_name = 'patient')
union all
select
    'unknown_encounter',
    extract_id,
    null,
    encounter_unknown / nullif(cast(encounter_rows as double), 0),
    encounter_unknown,
    encounter_rows,
    null
from counted
where exists (select 1 from supplied where table_name = 'encounter')
union all
select
    'unknown_order',
    extract_id,
    null,
    order_unknown / nullif(cast(order_rows as double), 0),
    order_unknown,
    order_rows,
    null
from counted
where exists (select 1 from supplied where table_name = 'medication_order')
union all
select
    'observation_of_unknown_patient',
    extract_id,
    null,
    patient_unknown / nullif(cast(row_count as double), 0),
    patient_unknown,
    row_count,
    null
from observed
where exists (select 1 from supplied where table_name = 'patient')
