-- Sessions with a contraindication present or possible, the latest 100 of each per rule, in the words of their verdict.
with placed as (
    select
        c.*,
        s.session_id,
        s.patient_id,
        s.started_local,
        s.context,
        row_number() over (partition by c.rule_id, c.verdict order by s.started_at desc, s.session_id) as place
    from kc_session as c
    inner join session as s on s.session_no = c.session_no
)

select p.rule_id, p.verdict, p.by_code, p.by_reading, p.by_form, p.form_conflict, p.session_id, p.patient_id, p.started_local, p.context, v.detail, v.severity
from placed as p
inner join verdict as v on v.session_id = p.session_id and v.rule_id = p.rule_id
where p.place <= 100
order by p.verdict desc, p.rule_id, p.place
