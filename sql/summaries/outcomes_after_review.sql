-- The sessions by outcome after review: a finding whose disposition takes it out of the rates counts as what the review made of it,
-- not applicable (an exception) or not evaluable (the record or the rule was wrong), and never as met.
with counted as (
    select
        v.session_id,
        coalesce(w.counts_as, v.verdict) as verdict
    from verdict as v
    left join review as w on v.rule_id = w.rule_id and v.session_id = w.session_id
),

outcome as (
    select
        c.session_id,
        max(case when c.verdict = 'violation' then 1 else 0 end) as violations,
        max(case when c.verdict = 'not_evaluable' then 1 else 0 end) as undecided,
        max(case when c.verdict = 'compliant' then 1 else 0 end) as met
    from counted as c
    group by c.session_id
)

select
    count(case when o.violations = 1 then 1 end) as with_finding,
    count(case when o.violations = 0 and o.undecided = 1 then 1 end) as undecided,
    count(case when o.violations = 0 and o.undecided = 0 and o.met = 1 then 1 end) as compliant
from outcome as o
