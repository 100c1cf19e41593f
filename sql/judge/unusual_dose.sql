/*
Doses far from what is usual here, by rule and context: the distance from the median of the logarithms in median absolute deviations (0.6745 x deviation / MAD above 3.5). Only with at least 30
sessions, and not where more than half of them have the same dose. A rule with an upper limit asks for high doses, one with a lower limit for low ones.
*/
with decided as (
    select
        v.rule_id,
        v.session_id,
        v.verdict,
        v.severity,
        s.context,
        ln(v.observed) as log_dose
    from verdict as v
    inner join session as s on s.session_id = v.session_id
    where
        v.rule_id in ('KD-01', 'KD-02', 'KD-03', 'KD-04', 'KD-05', 'KD-06', 'KD-07')
        and v.verdict in ('compliant', 'violation')
        and v.observed > 0
        and s.context is not null
),

centre as (
    select rule_id, context, median(log_dose) as middle, count(*) as sessions
    from decided
    group by rule_id, context
    having count(*) >= 30
),

spread as (
    select d.rule_id, d.context, median(abs(d.log_dose - c.middle)) as mad
    from decided as d
    inner join centre as c on c.rule_id = d.rule_id and c.context = d.context
    group by d.rule_id, d.context
)

select
    d.rule_id,
    d.session_id,
    d.verdict,
    d.severity,
    exp(c.middle) as usual,
    c.sessions as usual_sessions,
    0.6745 * (d.log_dose - c.middle) / p.mad as robust_score
from decided as d
inner join centre as c on c.rule_id = d.rule_id and c.context = d.context
inner join spread as p on p.rule_id = d.rule_id and p.context = d.context
inner join rule as r on r.rule_id = d.rule_id
where
    p.mad > 0.000000001
    and 0.6745 * abs(d.log_dose - c.middle) > 3.5 * p.mad
    and case when d.log_dose > c.middle then r.limit_high is not null else r.limit_low is not null end
