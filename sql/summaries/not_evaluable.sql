-- What could not be judged, by cause: the verdicts' own sentence, their number and that of sessions, and the rules concerned.
select
    coalesce(v.reason, 'unknown') as reason,
    max(coalesce(v.detail, v.reason, 'unknown')) as sentence,
    count(*) as verdicts,
    count(distinct v.session_id) as sessions,
    list(distinct v.rule_id order by v.rule_id) as rules
from verdict as v
where v.verdict = 'not_evaluable'
group by coalesce(v.reason, 'unknown')
order by verdicts desc, reason
