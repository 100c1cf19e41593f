-- The verdicts of each rule by local month of the session, for its trend.
with dated as (
    select
        s.session_id,
        cast(date_trunc('month', s.started_local) as date) as month
    from session as s
    where s.started_local is not null
)

select
    v.rule_id,
    d.month,
    count(case when v.verdict = 'compliant' then 1 end) as compliant,
    count(case when v.verdict = 'violation' then 1 end) as violation,
    count(case when v.verdict = 'not_evaluable' then 1 end) as not_evaluable
from verdict as v
inner join dated as d on d.session_id = v.session_id
group by v.rule_id, d.month
order by v.rule_id, d.month
