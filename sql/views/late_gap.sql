/*
Gaps between assessments that are longer than the interval in force where they begin, with its grace; and what of each the supplied observations cover.
An assessment may hide where nothing is covered, so the covered part decides: alone it is too long (is_covered), or it leaves the gap open.
*/
with timed as (
    select
        g.session_no,
        g.reading,
        g.requirement,
        g.gap_us,
        g.gap_from,
        g.gap_to,
        g.from_ref,
        g.to_ref,
        cast(as_us(f.interval_min + t.grace_min) as bigint) as allowed_us,
        s.department,
        s.started_at
    from monitoring_gap as g
    inner join session as s on s.session_no = g.session_no
    cross join setting as t
    inner join monitoring_phase as f
        on
            epoch_us(g.gap_from) - epoch_us(s.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(g.gap_from) - epoch_us(s.started_at) < as_us(f.until_min))
    where g.gap_us > as_us(f.interval_min + t.grace_min)
),

part as (
    select distinct
        g.session_no,
        g.reading,
        g.requirement,
        g.started_at,
        g.gap_from,
        greatest(g.gap_from, c.covered_from) as known_from,
        least(g.gap_to, c.covered_to) as known_to
    from timed as g
    inner join covered_time as c
        on
            c.table_name = 'observation'
            and c.requirement = g.requirement
            and (c.department is null or c.department = g.department)
            and c.covered_from < g.gap_to
            and c.covered_to > g.gap_from
),

/* A whole gap is as long as monitoring_gap says; of a part, too, the long pauses are cut out. */
paused as (
    select
        p.session_no,
        p.reading,
        p.requirement,
        p.gap_from,
        p.known_from,
        p.known_to,
        sum(epoch_us(least(x.ended_at, p.known_to)) - epoch_us(greatest(x.started_at, p.known_from))) as paused_us
    from part as p
    inner join long_pause as x
        on x.session_no = p.session_no and x.reading = p.reading and x.started_at < p.known_to and x.ended_at > p.known_from
    group by p.session_no, p.reading, p.requirement, p.gap_from, p.known_from, p.known_to
),

measured_part as (
    select
        p.*,
        epoch_us(p.known_to) - epoch_us(p.known_from) - coalesce(x.paused_us, 0) as known_us,
        cast(as_us(f.interval_min + t.grace_min) as bigint) as allowed_us
    from part as p
    cross join setting as t
    inner join monitoring_phase as f
        on
            epoch_us(p.known_from) - epoch_us(p.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(p.known_from) - epoch_us(p.started_at) < as_us(f.until_min))
    left join paused as x
        on
            x.session_no = p.session_no
            and x.reading = p.reading
            and x.requirement = p.requirement
            and x.gap_from = p.gap_from
            and x.known_from = p.known_from
            and x.known_to = p.known_to
),

known as (
    select
        session_no,
        reading,
        requirement,
        gap_from,
        max(known_us > allowed_us) as is_covered,
        max(known_us) as known_us,
        max_by(
            {
                'known_from': known_from,
                'known_to': known_to,
                'allowed_us': allowed_us
            },
            (known_us > allowed_us, known_us, -epoch_us(known_from))
        ) as longest
    from measured_part
    group by session_no, reading, requirement, gap_from
)

select
    g.session_no,
    g.reading,
    g.requirement,
    g.gap_from,
    g.gap_to,
    g.from_ref,
    g.to_ref,
    g.gap_us,
    g.allowed_us,
    coalesce(k.is_covered, false) as is_covered,
    coalesce(k.known_us, 0) as known_us,
    k.longest.known_from,
    k.longest.known_to,
    k.longest.allowed_us as known_allowed_us
from timed as g
left join known as k
    on k.session_no = g.session_no and k.reading = g.reading and k.requirement = g.requirement and k.gap_from = g.gap_from
