/* Stretches inside a session with nothing running for longer than monitoring.pause_exempt_min, in the favourable and the unfavourable reading of uncertain ends. */
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
)

select
    g.session_no,
    g.reading,
    g.running_until as started_at,
    g.started_at as ended_at
from gapped as g
cross join setting as t
where epoch_us(g.started_at) - epoch_us(g.running_until) > as_us(t.pause_exempt_min)
