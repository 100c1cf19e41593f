-- What could not be judged, by cause: the number of verdicts and of sessions, and the rules concerned.
select
    coalesce(v.reason, 'unknown') as reason,
    count(*) as verdicts,
    count(distinct v.session_id) as sessions,
    list(distinct v.rule_id order by v.rule_id) as rules
from verdict as v
where v.verdict = 'not_evaluable'
group by coalesce(v.reason, 'unknown')
order by verdicts desc, reason
