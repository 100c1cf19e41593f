/* The sessions by outcome: one finding decides; else one thing that could not be judged; a session to which nothing applies is out of scope. */
with outcome as (
    select
        session_id,
        bool_or(verdict = 'violation') as with_finding,
        bool_or(verdict = 'not_evaluable') as undecided,
        bool_or(verdict = 'compliant') as met
    from verdict
    group by session_id
)

select
    count(case when o.with_finding then 1 end) as with_finding,
    count(case when not o.with_finding and o.undecided then 1 end) as undecided,
    count(case when not o.with_finding and not o.undecided and o.met then 1 end) as compliant,
    count(case when not coalesce(o.with_finding or o.undecided or o.met, false) then 1 end) as out_of_scope
from session as s
left join outcome as o on o.session_id = s.session_id
