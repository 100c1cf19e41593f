-- Sessions with an abnormal value: acted on in time or not, with the minutes to the first action (nearest-rank quantiles).
select
    rule_id,
    sum(case when verdict = 'compliant' then 1 else 0 end) as acted,
    sum(case when verdict = 'violation' then 1 else 0 end) as not_acted,
    sum(case when verdict = 'not_evaluable' then 1 else 0 end) as undecided,
    sum(case when verdict = 'not_applicable' then 1 else 0 end) as without,
    count(observed) filter (where verdict in ('compliant', 'violation')) as timed,
    quantile_disc(observed, [0.5, 0.95]) filter (where verdict in ('compliant', 'violation')) as minutes_to_action
from verdict
where rule_id in ('KM-04', 'KM-05')
group by rule_id
order by rule_id
