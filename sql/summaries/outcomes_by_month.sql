-- How many sessions of each local month followed every statement, had a finding, or could not be fully judged.
-- One finding decides; else one thing that could not be judged; a session to which nothing applies is out of scope.
with outcome as (
    select
        v.session_id,
        max(case when v.verdict = 'violation' then 1 else 0 end) as violations,
        max(case when v.verdict = 'not_evaluable' then 1 else 0 end) as undecided,
        max(case when v.verdict = 'compliant' then 1 else 0 end) as met
    from verdict as v
    group by v.session_id
)

select
    cast(date_trunc('month', s.local_date) as date) as month,
    count(*) as sessions,
    sum(case when o.violations = 1 then 1 else 0 end) as with_finding,
    sum(case when o.violations = 0 and o.undecided = 1 then 1 else 0 end) as undecided,
    sum(case when o.violations = 0 and o.undecided = 0 and o.met = 1 then 1 else 0 end) as compliant,
    sum(case when coalesce(o.violations, 0) = 0 and coalesce(o.undecided, 0) = 0 and coalesce(o.met, 0) = 0 then 1 else 0 end) as out_of_scope
from session as s
left join outcome as o on s.session_id = o.session_id
group by cast(date_trunc('month', s.local_date) as date)
order by month
