/* The sessions that get a case sheet, in the order of the worklist: by the first of their findings there. */
with placed as (
    select
        v.session_id,
        row_number() over (
            order by
                severity_rank_of(v.severity),
                paper_rank_of(r.family),
                excess_of(v.observed, v.observed_low, v.observed_high, v.limit_low, v.limit_high) desc nulls last,
                v.rule_id,
                s.started_local,
                v.session_id
        ) as place
    from verdict as v
    inner join rule as r on r.rule_id = v.rule_id
    inner join session as s on s.session_id = v.session_id
    where v.verdict = 'violation'
)

select
    s.session_no,
    s.session_id,
    cast(row_number() over (order by min(p.place)) as integer) as case_no
from placed as p
inner join session as s on s.session_id = p.session_id
group by s.session_no, s.session_id
order by case_no
