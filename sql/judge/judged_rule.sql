/* The rules of the protocol with the limits that they judge by, in numbers and words; the assessment interval and the baseline are settings of their own. Phases of different intervals have no one number. */
with interval_limit as (
    select
        case when min(p.interval_min) = max(p.interval_min) then max(p.interval_min + t.grace_min) end as min_apart,
        'at most '
        || string_agg(
            shown(p.interval_min + t.grace_min, 6) || coalesce(' until minute ' || shown(p.until_min, 6), ''),
            ', then ' order by p.from_min
        ) as words
    from monitoring_phase as p
    cross join setting as t
),

limited as (
    select
        r.rule_id,
        r.family,
        r.quantity,
        r.finding,
        r.severity,
        r.limit_low,
        case
            when r.rule_id in ('KM-01', 'KM-02', 'KM-21', 'KM-22') then i.min_apart
            when r.rule_id in ('KM-11', 'KM-12') then t.baseline_min
            else r.limit_high
        end as limit_high,
        case when r.rule_id in ('KM-01', 'KM-02', 'KM-11', 'KM-12', 'KM-21', 'KM-22') then 'le' else r.comparator end as comparator,
        r.unit,
        case when r.rule_id in ('KM-01', 'KM-02', 'KM-21', 'KM-22') and i.min_apart is null then i.words end as words
    from rule as r
    cross join setting as t
    cross join interval_limit as i
)

select
    * exclude (words),
    coalesce(
        words,
        case comparator
            when 'lt' then 'less than ' || shown(limit_high, 6)
            when 'le' then 'at most ' || shown(limit_high, 6)
            when 'gt' then 'more than ' || shown(limit_low, 6)
            when 'ge' then 'at least ' || shown(limit_low, 6)
            when 'between' then shown(limit_low, 6) || ' to ' || shown(limit_high, 6)
        end
    ) as allowed
from limited
