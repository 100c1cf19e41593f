/* What KC-01 to KC-07 said of every session, and what each kind of evidence said. */
select
    a.rule_id,
    s.session_no,
    s.started_at,
    verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) as verdict,
    c.by_code,
    c.by_reading,
    c.by_form,
    c.is_present,
    list_contains(c.flags, 'form_conflict') as form_conflict,
    list_contains(c.flags, 'form_old') as form_old
from answer as a
inner join session as s on s.session_no = a.session_no
inner join contraindication as c on c.session_no = a.session_no and c.rule_id = a.rule_id
