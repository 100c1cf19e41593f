-- Quantiles by nearest rank of the observed doses of decided sessions, by rule and context.
select
    v.rule_id,
    v.context,
    count(*) as sessions,
    quantile_disc(v.observed, [0.05, 0.25, 0.5, 0.75, 0.95]) as quantiles,
    max(v.observed) as highest
from report_dose as v
where
    v.rule_id in ('KD-01', 'KD-02', 'KD-03', 'KD-04', 'KD-05', 'KD-06', 'KD-07')
    and v.verdict in ('compliant', 'violation')
    and v.observed is not null
group by v.rule_id, v.context
order by v.rule_id, v.context
