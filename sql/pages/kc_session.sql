/*
The sessions with a contraindication present, and those with one that is possible and neither confirmed nor ruled out, and which evidence says so. At most 500 of each per rule, the latest
first; kc_evidence counts all.
*/
with placed as (
    select
        *,
        row_number() over (partition by rule_id, verdict order by started_at desc, session_no) as place
    from kc_answered
    where
        verdict = 'violation'
        or (verdict = 'not_evaluable' and (is_present or by_code in ('possible', 'undecided') or by_reading in ('possible', 'undecided')))
)

select session_no, rule_id, verdict, by_code, by_reading, by_form, form_conflict
from placed
where place <= 500
order by rule_id, verdict desc, place
