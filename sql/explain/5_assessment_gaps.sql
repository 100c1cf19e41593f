/* Every gap between neighbouring assessments, long pauses cut out. */
select
    session_id,
    requirement,
    reading,
    gap_from,
    gap_to,
    gap_us / 60000000.0 as gap_min
from monitoring_gap
order by requirement, reading, gap_from
