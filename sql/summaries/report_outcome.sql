-- The view that the summaries of outcomes share: every session and window with the patient's place, so that a figure can rest on one session a patient.
select
    o.*,
    s.patient_id,
    t.indication,
    t.total_mg_per_kg,
    o.status not in ('out_of_scope', 'postsurgical', 'context_unknown') as is_counted,
    row_number() over (
        partition by o.window_code, s.patient_id, o.status in ('out_of_scope', 'postsurgical', 'context_unknown')
        order by s.started_at, s.session_id
    ) as place_no,
    row_number() over (
        partition by o.window_code, s.patient_id, t.indication, o.status in ('out_of_scope', 'postsurgical', 'context_unknown')
        order by s.started_at, s.session_id
    ) as place_in_indication_no
from pain_outcome as o
inner join session as s on o.session_id = s.session_id
inner join stratum as t on o.session_id = t.session_id
