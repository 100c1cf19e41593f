-- The sessions over the cap with the minute in which they had received it: the 100 highest totals; all of them are counted, also those where the minute is not known.
with crossed as (
    select
        v.session_id,
        v.patient_id,
        v.site_id,
        s.started_local,
        s.context,
        v.rule_id,
        v.verdict,
        v.grade,
        v.observed,
        v.observed_low,
        v.observed_high,
        v.unit,
        v.limit_low,
        v.limit_high,
        v.comparator,
        c.minutes_to_cap,
        c.is_exact,
        (epoch_us(s.ended_at_high) - epoch_us(s.started_at)) / 60000000.0 as lasted_min,
        coalesce(v.observed, v.observed_low) as total
    from kd_cap_crossing as c
    inner join session as s on s.session_no = c.session_no
    inner join verdict as v on v.session_id = s.session_id
    where v.rule_id = 'KD-07' and v.verdict = 'violation'
),

counted as (
    select
        count(*) as sessions,
        quantile_disc(minutes_to_cap, [0.05, 0.5, 0.95]) as quantiles,
        count(minutes_to_cap) as timed
    from crossed
)

select c.*, n.sessions, n.quantiles, n.timed
from crossed as c
cross join counted as n
order by c.total desc, c.started_local, c.session_id
limit 100
