/* Every gap between neighbouring assessments, long pauses cut out, with the rows at its ends (none: the start or the end of the session). */
select
    s.session_id,
    g.requirement,
    g.reading,
    g.gap_from,
    g.gap_to,
    g.gap_us / 60000000.0 as gap_min,
    g.allowed_us / 60000000.0 as allowed_min,
    g.gap_us > g.allowed_us as too_long,
    pointed_at(g.from_ref) as from_row,
    pointed_at(g.to_ref) as to_row
from monitoring_gap as g
inner join session as s on s.session_no = g.session_no
order by s.session_no, g.requirement, g.reading, g.gap_from
