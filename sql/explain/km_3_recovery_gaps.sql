/* Every gap between neighbouring assessments from the end to the end of recovery or an earlier discharge, with the rows at its ends. */
select
    s.session_id,
    g.requirement,
    g.reading,
    g.gap_from,
    g.gap_to,
    least(g.first_us, coalesce(g.last_us, g.first_us)) / 60000000.0 as gap_min,
    pointed_at(g.from_ref) as from_row,
    pointed_at(g.to_ref) as to_row,
    p.discharged_early
from recovery_gap as g
inner join recovery_span as p on p.session_no = g.session_no
inner join session as s on s.session_no = g.session_no
order by s.session_no, g.requirement, g.reading, g.gap_from
