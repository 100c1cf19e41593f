/* The longest gap of a session, moved with the patient's other times; the source rows are left out. */
select
    g.session_no,
    g.requirement,
    g.rule_id,
    g.gap_from_local + to_days(p.shift_d) as gap_from_local,
    g.gap_to_local + to_days(p.shift_d) as gap_to_local,
    g.begins_min,
    g.gap_min,
    g.allowed_min,
    case when g.from_file is not null then '' end as from_file,
    cast(null as bigint) as from_line,
    case when g.to_file is not null then '' end as to_file,
    cast(null as bigint) as to_line
from km_longest as g
inner join session as s on s.session_no = g.session_no
inner join alias as p on p.kind = 'patient' and p.original = s.patient_id
