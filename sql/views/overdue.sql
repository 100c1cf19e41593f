/* The time within the covered part of a late gap that lies beyond the time allowed, pauses left out: from when the assessment was due until it came. */
with part as (
    select
        g.session_no,
        g.requirement,
        g.gap_from,
        g.known_allowed_us as allowed_us,
        greatest(g.known_from, w.started_at) as part_from,
        least(g.known_to, w.ended_at) as part_to
    from late_gap as g
    inner join watched as w on w.session_no = g.session_no and w.started_at < g.known_to and w.ended_at > g.known_from
    where g.is_covered
),

elapsed as (
    select
        *,
        coalesce(
            sum(epoch_us(part_to) - epoch_us(part_from)) over (
                partition by session_no, requirement, gap_from order by part_from rows between unbounded preceding and 1 preceding
            ),
            0
        ) as before_us
    from part
),

beyond_allowed as (
    select
        *,
        part_from + to_microseconds(cast(greatest(allowed_us - before_us, 0) as bigint)) as overdue_from
    from elapsed
)

select
    session_no,
    requirement,
    gap_from,
    overdue_from,
    part_to as overdue_to,
    row_number() over (partition by session_no, requirement, gap_from order by part_from) = 1 as begins
from beyond_allowed
where overdue_from < part_to
