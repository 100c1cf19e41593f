/*
Stretches inside a session with nothing running for longer than monitoring.pause_exempt_min, in the favourable and the unfavourable reading of uncertain ends. Where the row of a pause was kept out,
nothing may have run from the start of each delivery to that of the next, or to the end (possible).
*/
with delivery as (
    select session_no, 'favourable' as reading, started_at, ended_at
    from session_item
    union all
    select session_no, 'unfavourable', started_at, coalesce(ended_at_high, timestamp '9999-12-31')
    from session_item
),

gapped as (
    select
        session_no,
        reading,
        started_at,
        max(ended_at) over (
            partition by session_no, reading order by started_at, ended_at rows between unbounded preceding and 1 preceding
        ) as running_until
    from delivery
),

possible as (
    select
        i.session_no,
        i.started_at,
        lead(i.started_at, 1, s.ended_at) over (partition by i.session_no order by i.started_at) as ended_at
    from session_item as i
    inner join session as s on s.session_no = i.session_no
    inner join lost_row as l on l.session_no = i.session_no
    where l.pause_lost
),

stretch as (
    select session_no, reading, running_until as started_at, started_at as ended_at
    from gapped
    union all
    select session_no, 'possible', started_at, ended_at
    from possible
)

select
    g.session_no,
    g.reading,
    g.started_at,
    g.ended_at
from stretch as g
cross join setting as t
where epoch_us(g.ended_at) - epoch_us(g.started_at) > as_us(t.pause_exempt_min)
