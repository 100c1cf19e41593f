/* The sessions that KM-01 and KM-02 could judge, per requirement, with the site's clock: its lead over UTC at the start, and the zone where it changed during the session. */
with asked as (
    select distinct
        requirement,
        case domain when 'sedation' then 'KM-01' else 'KM-02' end as rule_id
    from requirement
    where domain in ('sedation', 'respiratory')
)

select
    s.session_no,
    q.requirement,
    q.rule_id,
    s.department,
    s.started_at,
    epoch_us(s.started_local) - epoch_us(s.started_at) as lead_us,
    case
        when epoch_us(s.started_local) - epoch_us(s.started_at) <> epoch_us(s.ended_local) - epoch_us(s.ended_at) then x.timezone
    end as changed_zone
from answer as a
inner join asked as q on q.rule_id = a.rule_id
inner join session as s on s.session_no = a.session_no
left join input_file as f on f.file_id = s.start_refs[1] // 4294967296
left join extract as x on x.extract_id = f.extract_id
where verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) in ('compliant', 'violation')
