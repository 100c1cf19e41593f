/* Every assessment from the baseline to the end of recovery. */
select distinct
    s.session_id,
    case a.domain when 'unlisted' then 'respiratory' else a.domain end as domain,
    a.kind,
    case when a.kind in ('poss', 'psychomimetic') then lower(o.value) else shown(a.score, 3) end as "value",
    case when a.effective_at < s.started_at then 'baseline' when a.effective_at <= s.ended_at then 'during' else 'after the end' end as lies,
    a.effective_at as moment,
    pointed_at(a.ref) as "row"
from assessment as a
inner join session as s on s.patient_id = a.patient_id
cross join setting as t
inner join observation as o on o.patient_id = s.patient_id and cast(o.file_id as bigint) * 4294967296 + o.line = a.ref
where
    epoch_us(a.effective_at) >= epoch_us(s.started_at) - as_us(t.baseline_min)
    and epoch_us(a.effective_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + as_us(greatest(t.recovery_min, 60))
order by s.session_id, moment, a.kind, "row"
