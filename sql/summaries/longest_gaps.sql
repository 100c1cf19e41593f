-- The 50 longest late gaps with the assessments on both sides.
select
    l.*,
    s.session_id,
    s.patient_id,
    s.department,
    s.started_local
from km_longest as l
inner join session as s on s.session_no = l.session_no
order by l.gap_min desc, s.session_id, l.requirement, l.gap_from_local
limit 50
