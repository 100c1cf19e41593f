/* The answers of all rules in the order in which verdicts are written: by session start, then rule. */
with session_rank as (
    select
        session_no,
        row_number() over (order by started_at, session_id) as session_rank
    from session
),

rule_rank as (
    select
        rule_id,
        row_number() over (order by rule_id) as rule_rank
    from judged_rule
)

select
    s.session_rank * 100 + r.rule_rank as verdict_no,
    a.*
from answer as a
inner join session_rank as s on s.session_no = a.session_no
inner join rule_rank as r on r.rule_id = a.rule_id
order by verdict_no
