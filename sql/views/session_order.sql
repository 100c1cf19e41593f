/* The medication orders that a session's deliveries name, the first one marked. An order of another patient says nothing: what it holds is joined by patient, too. */
with delivered as (
    select u.session_no, s.patient_id, u.order_id, u.started_at
    from delivered_under as u
    inner join session_span as s on s.session_no = u.session_no
    where u.order_id is not null
)

select
    d.session_no,
    d.patient_id,
    d.order_id,
    row_number() over (partition by d.session_no order by min(d.started_at), d.order_id) as order_no
from delivered as d
group by d.session_no, d.patient_id, d.order_id
