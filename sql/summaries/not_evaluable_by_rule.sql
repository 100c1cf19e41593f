-- The causes of each rule, the most frequent first.
select
    v.rule_id,
    coalesce(v.reason, 'unknown') as reason,
    max(coalesce(v.detail, v.reason, 'unknown')) as sentence,
    count(*) as sessions
from verdict as v
where v.verdict = 'not_evaluable'
group by v.rule_id, coalesce(v.reason, 'unknown')
order by v.rule_id, sessions desc, reason
