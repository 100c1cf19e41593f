/* The measurements that a rule looks at: the latest of each kind, and what they say. */
select
    s.session_id,
    c.rule_id,
    case c.kind
        when 'systolic_bp' then 'systolic blood pressure ' || c.shown_value || ' mmHg, ' || c.read_when
        when 'diastolic_bp' then 'diastolic blood pressure ' || c.shown_value || ' mmHg, ' || c.read_when
        else c.finding
    end as finding,
    case when c.is_over then 'beyond its limit' when not c.is_over then 'within its limit' else 'cannot be used' end as reading,
    pointed_at(c.ref) as "row"
from clinical_reading as c
inner join session as s on s.session_no = c.session_no
order by s.session_no, c.rule_id, c.effective_at, c.kind, c.ref
