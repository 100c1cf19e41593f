/* The medication orders that a session's deliveries belong to, the first one marked. */
with delivered as (
    select session_no, order_id, started_at
    from delivered_under
    where order_id is not null
)

select
    d.session_no,
    d.order_id,
    row_number() over (partition by d.session_no order by min(d.started_at), d.order_id) as order_no
from delivered as d
group by d.session_no, d.order_id
