/* The longest time between two assessments that the schedule allows anywhere, with its grace: by it, so many assessments at least are missing from a gap. */
select greatest(cast(as_us(max(f.interval_min) + max(t.grace_min)) as bigint), 1) as allowed_us
from monitoring_phase as f
cross join setting as t
