/* The measurements that the rule looks at: the latest of each kind, and what they say. */
select
    s.session_id,
    c.finding,
    case when c.is_over then 'beyond its limit' when not c.is_over then 'within its limit' else 'cannot be used' end as reading,
    pointed_at(c.ref) as "row"
from clinical_reading as c
inner join session as s on s.session_no = c.session_no
inner join explained as x on x.rule_id = c.rule_id
order by c.effective_at, c.kind, c.ref
