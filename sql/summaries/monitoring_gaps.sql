-- Gaps between assessments in steps of 5 minutes.
select requirement, rule_id, step, gaps, late_gaps
from km_gap
order by rule_id, requirement, step
