/*
title = "Completeness of key columns"

[[measure]]
name = "amount_missing"
unit = "share"
of = "boluses, PCA rows and infusion starts"
what = "Boluses, PCA rows, infusion starts and rate changes without any amount, rate or volume."
means = "Doses were charted without an amount, so they cannot be judged; check that the export carries the dose, rate and volume columns of every source."
warning = { at_most = 0.02 }
critical = { at_most = 0.5, of_at_least = 100 }

[[measure]]
name = "unit_missing"
unit = "share"
of = "rows with a dose or a rate"
what = "Rows that carry a dose or a rate without its unit."
means = "An amount without a unit cannot be judged; have the unit columns added to the export."
warning = { at_most = 0.02 }
critical = { at_most = 0.2, of_at_least = 100 }

[[measure]]
name = "order_missing"
unit = "share"
of = "administration rows"
what = "Administration rows without an order, where an order table is supplied."
means = "Without its order a row has no dosing weight, context or prescriber; check how the export links doses to orders."
warning = { at_most = 0.1 }
absent = "no medication_order table is supplied"

[[measure]]
name = "encounter_missing"
unit = "share"
of = "administration rows"
what = "Administration rows without an encounter, where an encounter table is supplied."
means = "Without its encounter a row has no site, ward or discharge time; check how the export links doses to encounters."
warning = { at_most = 0.1 }
absent = "no encounter table is supplied"

[[measure]]
name = "birth_date_missing"
unit = "share"
of = "patients"
what = "Patients without a birth date."
means = "Sessions of patients without a birth date are judged as adults; have birth dates added to the export."
warning = { at_most = 0.02 }
absent = "no patient table is supplied"

[[measure]]
name = "weight_unit_missing"
unit = "share"
of = "weight observations"
what = "Weight observations without a unit."
means = "A weight without a unit is never guessed, so doses per kg may be not evaluable; have the unit added to the export."
warning = { at_most = 0.02 }
absent = "there are no weight observations"
*/
with counted as (
    select
        extract_id,
        count(*) as row_count,
        sum(case when order_id is null then 1 else 0 end) as order_missing,
        sum(case when encounter_id is null then 1 else 0 end) as encounter_missing,
        sum(case when event in ('bolus', 'infusion', 'rate_change', 'pca_demand', 'pca_total') then 1 else 0 end) as amount_rows,
        sum(
            case
                when
                    event in ('bolus', 'infusion', 'rate_change', 'pca_demand', 'pca_total')
                    and dose is null and rate is null and volume_ml is null and total_dose is null
                    then 1
                else 0
            end
        ) as amount_missing,
        sum(case when dose is not null or rate <> 0 or total_dose is not null then 1 else 0 end) as unit_rows,
        sum(
            case
                when
                    (dose is not null and dose_unit is null)
                    or (rate <> 0 and rate_unit is null)
                    or (total_dose is not null and total_dose_unit is null)
                    then 1
                else 0
            end
        ) as unit_missing
    from gate_row
    group by grouping sets ((), (extract_id))
),

supplied as (
    select distinct table_name
    from input_file
),

born as (
    select
        f.extract_id,
        count(*) as row_count,
        sum(case when p.birth_date is null then 1 else 0 end) as missing
    from patient as p
    inner join input_file as f on f.file_id = p.file_id
    group by grouping sets ((), (f.extract_id))
),

weighed as (
    select
        f.extract_id,
        count(*) as row_count,
        sum(case when o.unit is null then 1 else 0 end) as missing
    from observation as o
    inner join input_file as f on f.file_id = o.file_id
    where o.kind = 'weight'
    group by grouping sets ((), (f.extract_id))
)

select
    'amount_missing' as measure,
    extract_id,
    cast(null as varchar) as subject,
    amount_missing / nullif(cast(amount_rows as double), 0) as observed,
    amount_missing as part,
    amount_rows as whole,
    cast(null as varchar) as skipped
from counted
union all
select
    'unit_missing',
    extract_id,
    null,
    unit_missing / nullif(cast(unit_rows as double), 0),
    unit_missing,
    unit_rows,
    null
from counted
union all
select
    'order_missing',
    extract_id,
    null,
    order_missing / nullif(cast(row_count as double), 0),
    order_missing,
    row_count,
    null
from counted
where exists (select 1 from supplied where table_name = 'medication_order')
union all
select
    'encounter_missing',
    extract_id,
    null,
    encounter_missing / nullif(cast(row_count as double), 0),
    encounter_missing,
    row_count,
    null
from counted
where exists (select 1 from supplied where table_name = 'encounter')
union all
select
    'birth_date_missing',
    extract_id,
    null,
    missing / nullif(cast(row_count as double), 0),
    missing,
    row_count,
    null
from born
where exists (select 1 from supplied where table_name = 'patient')
union all
select
    'weight_unit_missing',
    extract_id,
    null,
    missing / nullif(cast(row_count as double), 0),
    missing,
    row_count,
    null
from weighed
