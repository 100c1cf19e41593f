/* The covered parts of the gaps in recovery, as gap_part: how much of each lies in the recovery after the first and after the last possible end, and whether it is too long after both. */
with part as (
    select
        g.session_no,
        g.requirement,
        g.gap_from,
        greatest(g.gap_from, c.covered_from) as part_from,
        least(g.gap_to, c.covered_to) as part_to,
        p.started_at,
        p.first_to,
        p.last_from,
        p.last_to
    from recovery_gap as g
    inner join recovery_span as p on p.session_no = g.session_no
    inner join department_coverage as c
        on
            c.requirement = g.requirement
            and c.site = p.site
            and c.department is not distinct from p.department
            and c.covered_from < g.gap_to
            and c.covered_to > g.gap_from
    where g.reading = 'favourable'
),

placed as (
    select
        *,
        greatest(part_from, last_from) as last_part_from,
        greatest(epoch_us(least(part_to, first_to)) - epoch_us(part_from), 0) as first_us,
        case when last_from is not null then greatest(epoch_us(least(part_to, last_to)) - epoch_us(greatest(part_from, last_from)), 0) end as last_us
    from part
)

select
    k.session_no,
    k.requirement,
    k.gap_from,
    least(k.first_us, coalesce(k.last_us, k.first_us)) as known_us,
    k.first_us > as_us(f.interval_min + t.grace_min) and coalesce(k.last_us > as_us(l.interval_min + t.grace_min), true) as is_late
from placed as k
cross join setting as t
inner join monitoring_phase as f
    on
        epoch_us(k.part_from) - epoch_us(k.started_at) >= as_us(f.from_min)
        and (f.until_min is null or epoch_us(k.part_from) - epoch_us(k.started_at) < as_us(f.until_min))
inner join monitoring_phase as l
    on
        epoch_us(k.last_part_from) - epoch_us(k.started_at) >= as_us(l.from_min)
        and (l.until_min is null or epoch_us(k.last_part_from) - epoch_us(k.started_at) < as_us(l.until_min))
