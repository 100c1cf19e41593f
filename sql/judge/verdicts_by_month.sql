/* What was met and what was not, by rule and local month of the session. */
select
    v.rule_id,
    cast(date_trunc('month', s.local_date) as date) as month,
    count(case when v.verdict = 'compliant' then 1 end) as compliant,
    count(case when v.verdict = 'violation' then 1 end) as violation
from verdict as v
inner join session as s on s.session_id = v.session_id
where v.verdict in ('compliant', 'violation')
group by v.rule_id, date_trunc('month', s.local_date)
