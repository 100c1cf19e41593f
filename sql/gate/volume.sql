/*
title = "Volume"

[[measure]]
name = "volume_rows"
unit = "times"
of = "rows in the median earlier month"
what = "Administration rows in the latest complete month against the median of the earlier months."
means = "The latest complete month holds far more or far fewer administration rows than usual; ask the data team whether the export was cut short, doubled or changed."
warning = { at_least = 0.5, at_most = 2, of_at_least = 50 }
critical = { at_least = 0.2, of_at_least = 50 }

[[measure]]
name = "volume_treatments"
unit = "times"
of = "treatments in the median earlier month"
what = "Treatments in the latest complete month against the median of the earlier months."
means = "The latest complete month holds far more or far fewer treatments than usual; ask the clinic whether that is real before reading its results, and the data team whether patients or wards are missing."
warning = { at_least = 0.5, at_most = 2, of_at_least = 20 }
critical = { at_least = 0.2, of_at_least = 20 }

[[measure]]
name = "months_without_rows"
unit = "count"
of = "months"
what = "Months without any administration row between the first month and the latest complete one."
means = "Whole months are missing between months that have rows; results of those months are absent, not good: have the export repeated for them."
warning = { at_most = 0, of_at_least = 3 }
absent = "there are no administration rows of the protocol's product"
*/
with earlier as (
    select
        m.row_count,
        m.treatment_count
    from gate_month as m
    inner join gate_latest as l on m.local_month < l.latest_month and m.local_month >= l.latest_month - interval 12 month
),

usual as (
    select
        median(row_count) as row_count,
        median(treatment_count) as treatment_count
    from earlier
),

compared as (
    select
        coalesce(m.row_count, 0) as row_count,
        coalesce(m.treatment_count, 0) as treatment_count,
        u.row_count as usual_row_count,
        u.treatment_count as usual_treatment_count,
        case
            when l.earlier_months_with_rows < 3 then 'fewer than three earlier months with rows'
            when not l.follows_on then 'the month before the latest complete one has no rows'
        end as skipped
    from gate_latest as l
    cross join usual as u
    left join gate_month as m on m.local_month = l.latest_month
)

select
    'volume_rows' as measure,
    cast(null as integer) as extract_id,
    cast(null as varchar) as subject,
    row_count / nullif(usual_row_count, 0) as observed,
    row_count as part,
    usual_row_count as whole,
    skipped
from compared
union all
select
    'volume_treatments',
    null,
    null,
    treatment_count / nullif(usual_treatment_count, 0),
    treatment_count,
    usual_treatment_count,
    skipped
from compared
union all
select
    'months_without_rows',
    null,
    null,
    l.earlier_months - l.earlier_months_with_rows,
    l.earlier_months - l.earlier_months_with_rows,
    l.earlier_months,
    case when coalesce(u.row_count, 0) < 50 then 'an ordinary month has fewer than 50 administration rows' end
from gate_latest as l
cross join usual as u
