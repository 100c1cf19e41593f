/*
Rows that may have said what a session was given for, and do not: a kept-out order that its deliveries name, by what can still be read of it, or an operation of the days before
that was kept out or ended at a local time that occurred twice. An order that is there in good order is not missing; an operation's kind and date limit it where they can be read.
*/
with lost as (
    select distinct
        table_name,
        patient_id,
        row_key,
        event,
        on_date,
        cast(file_id as bigint) * 4294967296 + line as ref
    from quarantine
    where table_name in ('medication_order', 'procedure') and scope = 'row'
),

unlisted as (
    select s.session_no, s.patient_id, s.order_id
    from session_order as s
    left join ordered as m on m.order_id = s.order_id and m.patient_id = s.patient_id
    where m.order_id is null
),

lost_order as (
    select u.session_no, l.ref
    from unlisted as u
    inner join lost as l on l.row_key = u.order_id and coalesce(l.patient_id = u.patient_id, true)
    where l.table_name = 'medication_order'
    union all
    select u.session_no, l.ref
    from unlisted as u
    inner join lost as l on l.patient_id = u.patient_id and l.row_key is null
    where l.table_name = 'medication_order'
),

lost_surgery as (
    select s.session_no, l.ref
    from session_span as s
    cross join setting as t
    inner join lost as l on l.table_name = 'procedure' and l.patient_id = s.patient_id
    where
        coalesce(l.event = 'surgery', true)
        and coalesce(l.on_date <= cast(s.started_at as date) + 1, true)
        and coalesce(l.on_date >= cast(s.started_at as date) - 1 - cast(ceil(t.postsurgical_window_h / 24.0) as integer), true)
    union all
    select s.session_no, cast(p.file_id as bigint) * 4294967296 + p.line
    from session_span as s
    cross join setting as t
    inner join procedure as p on p.patient_id = s.patient_id
    where
        p.kind = 'surgery'
        and p.ended_at <= s.started_at
        and epoch_us(s.started_at) - epoch_us(p.ended_at_latest) <= t.postsurgical_window_h * 3600000000
)

select session_no, true as is_order, list(distinct ref order by ref) as refs
from lost_order
group by session_no
union all
select session_no, false, list(distinct ref order by ref)
from lost_surgery
group by session_no
