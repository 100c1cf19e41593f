/* Every gap between neighbouring assessments from the end to the end of recovery or an earlier discharge, with the rows at its ends (none: the end of the session or of the time watched). */
select
    s.session_id,
    g.requirement,
    g.reading,
    g.gap_from,
    g.gap_to,
    least(g.first_us, coalesce(g.last_us, g.first_us)) / 60000000.0 as gap_min,
    cast(f.interval_min + t.grace_min as double) as allowed_min,
    g.first_us > as_us(f.interval_min + t.grace_min) and coalesce(g.last_us > as_us(l.interval_min + t.grace_min), true) as too_long,
    pointed_at(g.from_ref) as from_row,
    pointed_at(g.to_ref) as to_row,
    p.first_from as watched_from,
    greatest(p.first_to, coalesce(p.last_to, p.first_to)) as watched_to,
    cast(t.recovery_min as double) as recovery_min,
    p.discharged_early,
    p.discharge_unknown
from recovery_gap as g
inner join recovery_span as p on p.session_no = g.session_no
inner join session as s on s.session_no = g.session_no
cross join setting as t
inner join monitoring_phase as f
    on
        epoch_us(g.gap_from) - epoch_us(p.started_at) >= as_us(f.from_min)
        and (f.until_min is null or epoch_us(g.gap_from) - epoch_us(p.started_at) < as_us(f.until_min))
inner join monitoring_phase as l
    on
        epoch_us(g.last_gap_from) - epoch_us(p.started_at) >= as_us(l.from_min)
        and (l.until_min is null or epoch_us(g.last_gap_from) - epoch_us(p.started_at) < as_us(l.until_min))
order by s.session_no, g.requirement, g.reading, g.gap_from
