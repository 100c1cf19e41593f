/* The pain scores from a day before the start to two weeks after the end. */
select
    s.session_id,
    p.nrs,
    p.effective_at,
    case
        when p.effective_at <= s.started_at then 'before the start'
        when p.effective_at < coalesce(s.ended_at_high, s.ended_at) + interval 48 hours then 'less than 48 h after the end'
        else 'from 48 h to 14 d after the end'
    end as lies,
    pointed_at(p.ref) as "row"
from pain_score as p
inner join session as s on s.patient_id = p.patient_id
where p.effective_at between s.started_at - interval 24 hours and coalesce(s.ended_at_high, s.ended_at) + interval 14 days
order by s.session_no, p.effective_at, p.ref
