/*
title = "Units"

[[measure]]
name = "unknown_unit"
unit = "share"
of = "rows with a dose or a rate and a unit"
what = "Rows whose dose or rate unit is not in the closed unit table."
means = "Amounts in an unknown unit are never guessed and stay not evaluable; map the unit in the export to one of the accepted spellings."
warning = { at_most = 0.001 }
critical = { at_most = 0.2, of_at_least = 100 }

[[measure]]
name = "unknown_weight_unit"
unit = "share"
of = "weight observations with a unit"
what = "Weight observations whose unit is not kg, g, lb or oz."
means = "A weight in an unknown unit is not used, so doses per kg may be not evaluable; map the unit in the export."
warning = { at_most = 0.01 }
absent = "there are no weight observations with a unit"
*/
with known as (
    select
        dimension,
        unit
    from gate_unit
),

charted as (
    select
        extract_id,
        dose is not null and dose_unit is not null as has_dose_unit,
        rate <> 0 and rate_unit is not null as has_rate_unit,
        total_dose is not null and total_dose_unit is not null as has_total_unit,
        dose_unit in (select unit from known where dimension in ('dose', 'dose_per_kg', 'volume')) as is_dose_unit_known,
        rate_unit in (select unit from known where dimension in ('rate', 'rate_per_kg', 'volume_rate')) as is_rate_unit_known,
        total_dose_unit in (select unit from known where dimension in ('dose', 'dose_per_kg', 'volume')) as is_total_unit_known
    from gate_row
),

counted as (
    select
        extract_id,
        sum(case when has_dose_unit or has_rate_unit or has_total_unit then 1 else 0 end) as whole,
        sum(
            case
                when
                    (has_dose_unit and not is_dose_unit_known)
                    or (has_rate_unit and not is_rate_unit_known)
                    or (has_total_unit and not is_total_unit_known)
                    then 1
                else 0
            end
        ) as part
    from charted
    group by grouping sets ((), (extract_id))
),

weighed as (
    select
        f.extract_id,
        count(*) as whole,
        sum(case when normal_unit(o.unit) in (select unit from known where dimension = 'weight') then 0 else 1 end) as part
    from observation as o
    inner join input_file as f on f.file_id = o.file_id
    where o.kind = 'weight' and o.unit is not null
    group by grouping sets ((), (f.extract_id))
)

select
    'unknown_unit' as measure,
    extract_id,
    cast(null as varchar) as subject,
    part / nullif(cast(whole as double), 0) as observed,
    part,
    whole,
    cast(null as varchar) as skipped
from counted
union all
select
    'unknown_weight_unit',
    extract_id,
    null,
    part / nullif(cast(whole as double), 0),
    part,
    whole,
    null
from weighed
