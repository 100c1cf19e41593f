/* What each kind of evidence said of each contraindication, and what became of it: the number of sessions for every combination. */
select
    a.rule_id,
    verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) as verdict,
    c.by_code,
    c.by_reading,
    c.by_form,
    list_contains(c.flags, 'form_conflict') as form_conflict,
    list_contains(c.flags, 'form_old') as form_old,
    count(*) as sessions
from answer as a
inner join session as s on s.session_no = a.session_no
inner join contraindication as c on c.session_no = a.session_no and c.rule_id = a.rule_id
group by a.rule_id, verdict, c.by_code, c.by_reading, c.by_form, form_conflict, form_old
order by a.rule_id, verdict, c.by_code, c.by_reading, c.by_form, form_conflict, form_old
