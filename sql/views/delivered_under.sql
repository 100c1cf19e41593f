/* The orders and encounters that each session's deliveries name, with the time of each. One piece of a line may run under several: rows at one instant, or one after the other at the same rate. */
with part as (
    select
        i.session_no,
        i.patient_id,
        i.started_at,
        unnest(g.refs) as ref
    from session_item as i
    inner join segment as g on g.patient_id = i.patient_id and g.line_key = i.line_key and g.piece_no = i.item_no
    where i.under_several
)

select
    session_no,
    patient_id,
    encounter_id,
    order_id,
    started_at
from session_item
where not under_several
union all
select
    p.session_no,
    p.patient_id,
    g.encounter_id,
    g.order_id,
    g.started_at
from part as p
inner join given as g on g.ref = p.ref
where
    g.event not in ('pause', 'stop')
    and (coalesce(g.rate, 1) <> 0 or g.started_at = p.started_at)
