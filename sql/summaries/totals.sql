-- The sessions by where their total lies, in twentieths of the cap of KD-07 (the cap itself belongs below the line).
with cap as (
    select
        r.limit_high,
        r.unit
    from rule as r
    where r.rule_id = 'KD-07' and r.limit_high > 0
),

total as (
    select
        v.verdict,
        c.limit_high as cap,
        c.unit,
        cast(coalesce(v.observed, v.observed_low) as decimal(18, 9)) * 20 / c.limit_high as twentieths
    from verdict as v
    cross join cap as c
    where
        v.rule_id = 'KD-07'
        and v.verdict in ('compliant', 'violation', 'not_evaluable')
        and coalesce(v.observed, v.observed_low) is not null
),

placed as (
    select
        t.cap,
        t.unit,
        t.verdict,
        cast(case when t.twentieths > 0 then ceil(cast(t.twentieths as decimal(18, 6))) else 1 end as integer) as twentieth
    from total as t
)

select
    p.cap,
    p.unit,
    p.twentieth,
    p.verdict,
    count(*) as sessions
from placed as p
group by p.cap, p.unit, p.twentieth, p.verdict
order by p.twentieth, p.verdict
