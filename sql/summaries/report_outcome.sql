-- The view that the summaries of strata and outcomes share: every session and window, and whether it is the one session that stands for its patient.
-- Session numbers run in the order of time within a patient, so that the smallest is the first.
with place as (
    select
        o.session_no,
        s.patient_id,
        t.indication,
        t.total_mg_per_kg,
        o.status not in ('out_of_scope', 'postsurgical', 'context_unknown') as is_counted
    from pain_outcome as o
    inner join session as s on o.session_no = s.session_no
    inner join stratum as t on o.session_no = t.session_no
    where o.window_code = 'weeks'
),

patient_place as (
    select
        p.patient_id,
        p.indication,
        min(p.session_no) as any_no,
        min(case when p.is_counted then p.session_no end) as first_no
    from place as p
    group by p.patient_id, p.indication
),

patient_first as (
    select
        p.patient_id,
        min(p.any_no) as patient_no,
        min(p.first_no) as first_no
    from patient_place as p
    group by p.patient_id
)

select
    o.session_no,
    o.window_code,
    o.status,
    o.is_due,
    o.baseline,
    o.change_lowest,
    o.change_last,
    o.change_mean,
    o.responder_30,
    o.responder_50,
    p.indication,
    p.total_mg_per_kg,
    p.is_counted,
    f.patient_no,
    coalesce(f.first_no = o.session_no, false) as is_first,
    coalesce(i.first_no = o.session_no, false) as is_first_of_indication
from pain_outcome as o
inner join place as p on o.session_no = p.session_no
inner join patient_first as f on p.patient_id = f.patient_id
inner join patient_place as i on p.patient_id = i.patient_id and p.indication = i.indication
