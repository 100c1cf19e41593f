/* Sessions beside which the product was also given by another route: it stands beside the intravenous total, never in it. */
select
    s.session_no,
    list(distinct a.route) as routes,
    list(cast(a.file_id as bigint) * 4294967296 + a.line order by a.administration_id) as refs
from session as s
cross join setting as t
inner join administration as a on a.patient_id = s.patient_id
where
    a.product = t.product
    and a.route <> 'iv'
    and coalesce(a.status, 'completed') in ('completed', 'in_progress', 'stopped')
    and epoch_us(a.started_at) >= epoch_us(s.started_at) - as_us(t.session_gap_min)
    and epoch_us(a.started_at) <= epoch_us(coalesce(s.ended_at_high, s.ended_at)) + as_us(t.session_gap_min)
group by s.session_no
