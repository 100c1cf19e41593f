/* The verdicts of each rule for summary.json: counts only, nothing of a patient. */
select
    r.rule_id,
    r.title,
    r.family,
    r.severity,
    cast(r.limit_low as double) as limit_low,
    cast(r.limit_high as double) as limit_high,
    r.comparator,
    r.unit,
    sum(case when v.verdict = 'compliant' then 1 else 0 end) as compliant,
    sum(case when v.verdict = 'violation' then 1 else 0 end) as violation,
    sum(case when v.verdict = 'not_applicable' then 1 else 0 end) as not_applicable,
    sum(case when v.verdict = 'not_evaluable' then 1 else 0 end) as not_evaluable,
    sum(case when v.grade = 'marginal' then 1 else 0 end) as marginal,
    sum(case when v.grade = 'material' then 1 else 0 end) as material,
    sum(case when v.grade = 'below_range' then 1 else 0 end) as below_range
from rule as r
left join verdict as v on v.rule_id = r.rule_id
group by r.rule_id, r.title, r.family, r.severity, r.limit_low, r.limit_high, r.comparator, r.unit
order by r.rule_id
