/* Every gap between neighbouring assessments, long pauses cut out, with the rows at its ends (none: the start or the end of the session). */
select
    s.session_id,
    g.requirement,
    g.reading,
    g.gap_from,
    g.gap_to,
    g.gap_us / 60000000.0 as gap_min,
    cast(p.interval_min + t.grace_min as double) as allowed_min,
    g.gap_us > as_us(p.interval_min + t.grace_min) as too_long,
    pointed_at(g.from_ref) as from_row,
    pointed_at(g.to_ref) as to_row
from monitoring_gap as g
inner join session as s on s.session_no = g.session_no
cross join setting as t
inner join monitoring_phase as p
    on
        epoch_us(g.gap_from) - epoch_us(s.started_at) >= as_us(p.from_min)
        and (p.until_min is null or epoch_us(g.gap_from) - epoch_us(s.started_at) < as_us(p.until_min))
order by s.session_no, g.requirement, g.reading, g.gap_from
