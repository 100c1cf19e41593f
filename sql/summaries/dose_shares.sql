-- The verdicts of every dose rule by context: met, marginal, outside, below and undecided add up to the sessions that the rule concerns.
select
    r.rule_id,
    r.title,
    r.statement,
    r.limit_low,
    r.limit_high,
    r.comparator,
    r.unit,
    v.context,
    count(*) as sessions,
    sum(case when v.verdict = 'compliant' then 1 else 0 end) as inside,
    sum(case when v.verdict = 'violation' and v.grade = 'marginal' then 1 else 0 end) as marginal,
    sum(case when v.verdict = 'violation' and v.grade = 'below_range' then 1 else 0 end) as below,
    sum(case when v.verdict = 'violation' and v.grade not in ('marginal', 'below_range') then 1 else 0 end) as outside,
    sum(case when v.verdict = 'not_evaluable' then 1 else 0 end) as undecided
from rule as r
inner join report_dose as v on v.rule_id = r.rule_id
group by r.rule_id, r.title, r.statement, r.limit_low, r.limit_high, r.comparator, r.unit, v.context
order by r.rule_id, v.context
