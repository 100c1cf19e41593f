/* Two protocols over the same sessions, never mixed: how many sessions have which verdict here and there, by rule and (rule_id empty) as a whole. */
with session_outcome as (
    select
        session_id,
        case
            when bool_or(verdict = 'violation') then 'violation'
            when bool_or(verdict = 'not_evaluable') then 'not_evaluable'
            when bool_or(verdict = 'compliant') then 'compliant'
            else 'not_applicable'
        end as verdict
    from verdict
    group by session_id
),

other_session_outcome as (
    select
        session_id,
        case
            when bool_or(verdict = 'violation') then 'violation'
            when bool_or(verdict = 'not_evaluable') then 'not_evaluable'
            when bool_or(verdict = 'compliant') then 'compliant'
            else 'not_applicable'
        end as verdict
    from other_verdict
    group by session_id
),

paired as (
    select
        coalesce(h.rule_id, t.rule_id) as rule_id,
        h.verdict,
        t.verdict as other_verdict
    from verdict as h
    full outer join other_verdict as t on t.session_id = h.session_id and t.rule_id = h.rule_id
    union all
    select
        null as rule_id,
        h.verdict,
        t.verdict as other_verdict
    from session_outcome as h
    full outer join other_session_outcome as t on t.session_id = h.session_id
),

counted as (
    select
        rule_id,
        verdict,
        other_verdict,
        count(*) as sessions
    from paired
    group by rule_id, verdict, other_verdict
)

select
    c.rule_id,
    coalesce(h.title, t.title) as title,
    h.statement,
    t.statement as other_statement,
    c.verdict,
    c.other_verdict,
    c.sessions
from counted as c
left join rule as h on h.rule_id = c.rule_id
left join other_rule as t on t.rule_id = c.rule_id
order by c.rule_id nulls first, c.verdict nulls last, c.other_verdict nulls last
