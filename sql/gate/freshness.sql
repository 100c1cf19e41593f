/*
title = "Freshness"

[[measure]]
name = "newest_row_age"
unit = "days"
of = "administration rows of the product"
what = "Age of the newest administration row when the extract was taken."
means = "The newest dose is old for this extract; if the period of interest ends later, the export stopped early."
warning = { at_most = 31 }
absent = "the manifest does not say when the extract was taken"

[[measure]]
name = "future_rows"
unit = "share"
of = "administration rows of the product"
what = "Administration rows dated after the extract was taken (or after now, when that is not stated)."
means = "Doses lie in the future; usually the time zone in the manifest is wrong, or dates were shifted to protect identities, and then the calendar in the report means nothing."
warning = { at_most = 0.001 }
*/
with taken as (
    select max(extracted_at) as extracted_at
    from extract
),

newest as (
    select
        count(*) as row_count,
        max(case when not is_future then started_at end) as started_at
    from gate_row
),

dated as (
    select
        extract_id,
        count(*) as whole,
        sum(case when is_future then 1 else 0 end) as part
    from gate_row
    group by grouping sets ((), (extract_id))
)

select
    'newest_row_age' as measure,
    cast(null as integer) as extract_id,
    cast(null as varchar) as subject,
    (epoch_us(t.extracted_at) - epoch_us(n.started_at)) / 86400000000.0 as observed,
    cast(null as bigint) as part,
    n.row_count as whole,
    case when n.started_at is null then 'there are no administration rows of the product before the extraction' end as skipped
from taken as t
cross join newest as n
where t.extracted_at is not null
union all
select 'future_rows', extract_id, null, part / nullif(cast(whole as double), 0), part, whole, null
from dated
