/* What may answer an abnormal value: a fall of the rate, or an intervention, up to the time in which the next session may begin. */
select
    session_no,
    'rate lowered, paused or stopped' as kind,
    moment,
    moment_latest,
    is_certain,
    is_natural_end,
    ref
from rate_fall
union all
select
    s.session_no,
    n.kind,
    n.performed_at,
    coalesce(n.performed_at_latest, n.performed_at),
    n.performed_at_latest is null,
    false,
    cast(n.file_id as bigint) * 4294967296 + n.line
from (select distinct session_no from abnormal_value) as x
inner join session as s on s.session_no = x.session_no
cross join setting as t
inner join intervention as n
    on
        n.patient_id = s.patient_id
        and coalesce(n.performed_at_latest, n.performed_at) >= s.started_at
        and epoch_us(n.performed_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + as_us(greatest(t.session_gap_min, t.recovery_min))
inner join requirement as q on q.domain = 'action' and q.kind = n.kind
