/* The rules of the protocol with the limits that they judge by, in numbers and words; the assessment interval is a setting of its own. */
with limited as (
    select
        r.rule_id,
        r.family,
        r.quantity,
        r.finding,
        r.severity,
        r.limit_low,
        case when r.rule_id in ('KM-01', 'KM-02') then t.interval_min + t.grace_min else r.limit_high end as limit_high,
        case when r.rule_id in ('KM-01', 'KM-02') then 'le' else r.comparator end as comparator,
        r.unit
    from rule as r
    cross join setting as t
)

select
    *,
    case comparator
        when 'lt' then 'less than ' || shown(limit_high, 6)
        when 'le' then 'at most ' || shown(limit_high, 6)
        when 'gt' then 'more than ' || shown(limit_low, 6)
        when 'ge' then 'at least ' || shown(limit_low, 6)
        when 'between' then shown(limit_low, 6) || ' to ' || shown(limit_high, 6)
    end as allowed
from limited
