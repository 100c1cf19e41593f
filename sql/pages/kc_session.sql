/* The sessions with a contraindication present, or with one that is possible and neither confirmed nor ruled out, and which evidence says so. */
select
    s.session_no,
    a.rule_id,
    c.by_code,
    c.by_reading,
    c.by_form,
    list_contains(c.flags, 'form_conflict') as form_conflict,
    c.is_present
from answer as a
inner join session as s on s.session_no = a.session_no
inner join contraindication as c on c.session_no = a.session_no and c.rule_id = a.rule_id
where
    verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) = 'violation'
    or (
        verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) = 'not_evaluable'
        and (c.is_present or c.by_code in ('possible', 'undecided') or c.by_reading in ('possible', 'undecided'))
    )
order by a.rule_id, s.session_no
