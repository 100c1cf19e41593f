/* The diagnoses of the patient that a rule's code set knows, and whether they were active at the start. */
select
    s.session_id,
    d.rule_id,
    d.code,
    d.description,
    d.strength,
    case when d.is_active then 'yes' when not d.is_active then 'no' else 'cannot be decided' end as active_at_start,
    d.onset_at,
    case when d.is_listed then 'problem list' when d.is_own then 'this encounter' when not d.is_own then 'another encounter' end as place,
    pointed_at(d.ref) as "row"
from diagnosis as d
inner join session as s on s.session_no = d.session_no
order by s.session_no, d.rule_id, d.onset_at, d.code, d.ref
