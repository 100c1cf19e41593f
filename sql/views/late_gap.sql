/* Gaps between assessments that are longer than the interval in force where they begin, with its grace; and whether the supplied observations cover them. */
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
        s.department
    from monitoring_gap as g
    inner join session as s on s.session_no = g.session_no
    cross join setting as t
    inner join monitoring_phase as f
        on
            epoch_us(g.gap_from) - epoch_us(s.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(g.gap_from) - epoch_us(s.started_at) < as_us(f.until_min))
    where g.gap_us > as_us(f.interval_min + t.grace_min)
),

covered as (
    select distinct
        g.session_no,
        g.reading,
        g.requirement,
        g.gap_from
    from timed as g
    inner join covered_time as c
        on
            c.table_name = 'observation'
            and c.requirement = g.requirement
            and (c.department is null or c.department = g.department)
            and c.covered_from <= g.gap_from
            and c.covered_to >= g.gap_to
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
    c.session_no is not null as is_covered
from timed as g
left join covered as c
    on c.session_no = g.session_no and c.reading = g.reading and c.requirement = g.requirement and c.gap_from = g.gap_from
