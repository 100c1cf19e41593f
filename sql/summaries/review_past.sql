-- What was reviewed once and is no finding of this run any more.
select
    p.rule_id,
    p.session_id,
    p.session_started_at,
    p.status,
    p.disposition,
    p.verdict,
    p.first_reviewer,
    p.first_reviewed_at
from review_past as p
order by p.status, p.session_started_at, p.session_id, p.rule_id
