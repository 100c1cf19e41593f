/* The time in which assessments are due, from each session's first delivery to its last: long pauses are cut out. An uncertain end counts as early as it may have been. */
with pause as (
    select session_no, started_at, ended_at
    from long_pause
    where reading = 'favourable'
),

edge as (
    select session_no, started_at as moment, ended_at as until_at
    from session
    where coalesce(has_infusion, true)
    union all
    select p.session_no, p.ended_at, s.ended_at
    from pause as p
    inner join session as s on s.session_no = p.session_no and coalesce(s.has_infusion, true)
),

stretch as (
    select
        e.session_no,
        e.moment as started_at,
        coalesce(min(p.started_at), e.until_at) as ended_at
    from edge as e
    left join pause as p on p.session_no = e.session_no and p.started_at >= e.moment
    group by e.session_no, e.moment, e.until_at
)

select session_no, started_at, ended_at
from stretch
where ended_at > started_at
