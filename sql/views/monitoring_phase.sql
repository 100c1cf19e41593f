/* The assessment interval by minutes since the session's start: one open phase, or the phases of the protocol. */
select
    cast(0 as decimal(18, 6)) as from_min,
    cast(null as decimal(18, 6)) as until_min,
    interval_min
from setting
where len(phases) = 0
union all
select
    cast(coalesce(lag(phase.until_min) over (order by phase.until_min), 0) as decimal(18, 6)),
    case when lead(phase.until_min) over (order by phase.until_min) is not null then cast(phase.until_min as decimal(18, 6)) end,
    cast(phase.interval_min as decimal(18, 6))
from (
    select unnest(phases) as phase
    from setting
) as listed
