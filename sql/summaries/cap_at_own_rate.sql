-- When each session's own bolus, PCA and highest rate reach the cap, in minutes of maintenance: sessions with an exact dose, weight and rate. Nearest-rank quantiles.
with cap as (
    select cast(r.limit_high as double) as cap
    from rule as r
    cross join setting as t
    where r.rule_id = 'KD-07' and r.limit_high > 0 and t.total_interpretation = 'session'
),

own as (
    select
        v.context,
        v.observed as rate,
        greatest(c.cap - (coalesce(d.bolus_mg, 0) + coalesce(d.pca_mg, 0)) / cast(s.weight_kg_high as double), 0) / v.observed * 60 as minutes_to_cap,
        (epoch_us(s.ended_at_high) - epoch_us(s.started_at)) / 60000000.0 as lasted_min
    from report_dose as v
    cross join cap as c
    inner join session as s on s.session_no = v.session_no
    inner join kd_session_dose as d on d.session_no = s.session_no
    where
        v.rule_id in ('KD-02', 'KD-04')
        and v.verdict in ('compliant', 'violation')
        and v.observed > 0
        and d.is_exact
        and d.pump_total_mg is null
        and s.weight_kg_low = s.weight_kg_high
        and s.ended_at = s.ended_at_high
)

select
    context,
    count(*) as sessions,
    quantile_disc(rate, 0.5) as rate,
    quantile_disc(minutes_to_cap, [0.05, 0.5, 0.95]) as minutes_to_cap,
    quantile_disc(lasted_min, 0.5) as lasted_min,
    sum(case when lasted_min >= minutes_to_cap then 1 else 0 end) as lasted_longer
from own
group by context
order by context
