/*
The covered parts of the gaps between assessments in the favourable reading, long pauses cut out. An assessment may hide where nothing is covered, so only they prove that nobody looked.
Each is held to the interval in force where it begins. Of one that may hold a pause whose row was kept out only the rest is known.
Of the sessions in which every gap is known as charted, only the late ones are here.
*/
with in_doubt as (
    select session_no, requirement
    from monitoring
    where reading = 'favourable'
    except
    select session_no, requirement
    from plainly_watched
),

gap as (
    select session_no, requirement, gap_from, gap_to
    from monitoring_gap
    where reading = 'favourable' and gap_us > allowed_us
    union all
    select g.session_no, g.requirement, g.gap_from, g.gap_to
    from in_doubt as d
    inner join monitoring_gap as g on g.session_no = d.session_no and g.requirement = d.requirement
    where g.reading = 'favourable' and g.gap_us <= g.allowed_us
),

part as (
    select
        g.session_no,
        g.requirement,
        g.gap_from,
        s.started_at,
        greatest(g.gap_from, c.covered_from) as known_from,
        least(g.gap_to, c.covered_to) as known_to
    from gap as g
    inner join session as s on s.session_no = g.session_no
    inner join department_coverage as c
        on
            c.requirement = g.requirement
            and c.site = s.site
            and c.department is not distinct from s.department
            and c.covered_from < g.gap_to
            and c.covered_to > g.gap_from
),

paused as (
    select
        p.session_no,
        p.requirement,
        p.known_from,
        p.known_to,
        sum(
            case when x.reading = 'favourable' then epoch_us(least(x.ended_at, p.known_to)) - epoch_us(greatest(x.started_at, p.known_from)) else 0 end
        ) as paused_us,
        sum(
            case when x.reading = 'possible' then epoch_us(least(x.ended_at, p.known_to)) - epoch_us(greatest(x.started_at, p.known_from)) else 0 end
        ) as perhaps_paused_us
    from part as p
    inner join long_pause as x
        on x.session_no = p.session_no and x.reading <> 'unfavourable' and x.started_at < p.known_to and x.ended_at > p.known_from
    group by p.session_no, p.requirement, p.known_from, p.known_to
),

timed as (
    select
        p.*,
        epoch_us(p.known_to) - epoch_us(p.known_from) - coalesce(x.paused_us, 0) as charted_us,
        epoch_us(p.known_to) - epoch_us(p.known_from) - coalesce(greatest(x.paused_us, x.perhaps_paused_us), 0) as known_us,
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
            and x.requirement = p.requirement
            and x.known_from = p.known_from
            and x.known_to = p.known_to
)

select
    session_no,
    requirement,
    gap_from,
    known_from,
    known_to,
    charted_us,
    known_us,
    allowed_us,
    known_us > allowed_us as is_late,
    charted_us > allowed_us and known_us <= allowed_us as may_hold_pause
from timed
