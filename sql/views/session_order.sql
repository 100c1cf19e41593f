/* The medication orders that a session's deliveries belong to, the first one marked. */
with delivered as (
    select session_id, order_id, started_at
    from session_item
    where order_id is not null
)

select
    d.session_id,
    d.order_id,
    row_number() over (partition by d.session_id order by min(d.started_at), d.order_id) as order_no
from delivered as d
group by d.session_id, d.order_id
