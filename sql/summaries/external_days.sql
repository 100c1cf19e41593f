-- Sessions and verdicts of each local day, for the report that leaves the house; its counts are hidden where they are small.
with outcome as (
    select
        v.session_id,
        max(case when v.verdict = 'violation' then 1 else 0 end) as violations,
        max(case when v.verdict = 'not_evaluable' then 1 else 0 end) as undecided,
        max(case when v.verdict = 'compliant' then 1 else 0 end) as met
    from verdict as v
    group by v.session_id
),

per_day as (
    select
        cast(s.local_date as varchar) as local_day,
        count(*) as sessions,
        count(case when o.violations = 1 then 1 end) as with_finding,
        count(case when o.violations = 0 and o.undecided = 1 then 1 end) as undecided,
        count(case when o.violations = 0 and o.undecided = 0 and o.met = 1 then 1 end) as compliant,
        count(case when coalesce(o.violations, 0) = 0 and coalesce(o.undecided, 0) = 0 and coalesce(o.met, 0) = 0 then 1 end) as out_of_scope
    from session as s
    left join outcome as o on s.session_id = o.session_id
    group by s.local_date
),

verdicts as (
    select
        t.place as local_day,
        list(row(t.rule_id, t.compliant, t.violation, t.not_evaluable, t.not_applicable) order by t.rule_id) as verdicts
    from tally as t
    where t.part = 'day'
    group by t.place
)

select
    d.*,
    v.verdicts
from per_day as d
inner join verdicts as v on d.local_day = v.local_day
order by d.local_day
