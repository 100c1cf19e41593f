/*
title = "Tables that should hold something"

[[measure]]
name = "observation_rows"
unit = "count"
of = "administration rows of the product"
what = "Observation rows, where the extract says that observations are covered."
means = "The extract says that it covers observations but holds none, so every session would look unmonitored; have the observation export repeated, or leave the table and its coverage out."
critical = { at_least = 1, of_at_least = 100 }
absent = "the extract does not cover observations"

[[measure]]
name = "treated_without_observation"
unit = "share"
of = "treated patients"
what = "Treated patients without a single observation row, where observations of all wards and kinds are covered."
means = "Treated patients have no observation at all and would look unmonitored; the two tables probably write the patient identifier differently or come from different extracts."
warning = { at_most = 0.2 }
critical = { at_most = 0.8, of_at_least = 20 }
absent = "the extract does not cover observations of all wards and kinds"

[[measure]]
name = "empty_table"
unit = "count"
of = "administration rows of the product"
what = "Rows in the supplied patient, encounter, order and condition tables."
means = "A table is supplied without rows although doses are present; have it exported again, or leave it out so that nothing is concluded from its emptiness."
warning = { at_least = 1, of_at_least = 1 }
absent = "no patient, encounter, order or condition table is supplied"
*/
with dose_rows as (
    select count(*) as row_count
    from gate_row
),

covered as (
    select count(*) as entry_count
    from coverage
    where table_name = 'observation'
),

held as (
    select coalesce(sum(row_count), 0) as row_count
    from gate_observed
),

treated as (
    select distinct r.patient_id
    from gate_row as r
    inner join coverage as c
        on
            c.extract_id = r.extract_id
            and c.table_name = 'observation'
            and c.kind is null
            and c.department is null
            and r.started_at >= c.covered_from
            and r.started_at < c.covered_to
),

watched as (
    select
        count(*) as patient_count,
        sum(case when patient_id in (select patient_id from gate_observed) then 0 else 1 end) as without_count
    from treated
)

select
    'observation_rows' as measure,
    cast(null as integer) as extract_id,
    cast(null as varchar) as subject,
    cast(h.row_count as double) as observed,
    h.row_count as part,
    d.row_count as whole,
    cast(null as varchar) as skipped
from held as h
cross join dose_rows as d
cross join covered as c
where c.entry_count > 0
union all
select
    'treated_without_observation',
    null,
    null,
    without_count / nullif(cast(patient_count as double), 0),
    without_count,
    patient_count,
    null
from watched
where patient_count > 0
union all
select
    'empty_table',
    null,
    'table ' || f.table_name,
    sum(f.received),
    sum(f.received),
    max(d.row_count),
    null
from input_file as f
cross join dose_rows as d
where f.table_name in ('patient', 'encounter', 'medication_order', 'condition')
group by f.table_name
