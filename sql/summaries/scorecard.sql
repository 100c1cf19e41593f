-- Every enabled rule with its provenance and its verdict counts; a rule without a single verdict is still listed.
select
    r.rule_id,
    r.name,
    r.title,
    r.family,
    r.quantity,
    r.why,
    r.severity,
    r.limit_low,
    r.limit_high,
    r.comparator,
    r.unit,
    r.source,
    r.quote,
    r.seed_line,
    r.statement,
    r.citation,
    r.certainty,
    sum(case when v.verdict = 'compliant' then 1 else 0 end) as compliant,
    sum(case when v.verdict = 'violation' then 1 else 0 end) as violation,
    sum(case when v.verdict = 'violation' and v.grade = 'marginal' then 1 else 0 end) as marginal,
    sum(case when v.verdict = 'not_evaluable' then 1 else 0 end) as not_evaluable,
    sum(case when v.verdict = 'not_applicable' then 1 else 0 end) as not_applicable,
    sum(case when w.counts_as = 'not_applicable' then 1 else 0 end) as excepted,
    sum(case when w.counts_as = 'not_evaluable' then 1 else 0 end) as doubted
from rule as r
left join verdict as v on r.rule_id = v.rule_id
left join review as w on v.rule_id = w.rule_id and v.session_id = w.session_id
group by
    r.rule_id, r.name, r.title, r.family, r.quantity, r.why, r.severity, r.limit_low, r.limit_high, r.comparator, r.unit,
    r.source, r.quote, r.seed_line, r.statement, r.citation, r.certainty
order by r.rule_id
