-- Time watched and overdue by hour of the infusion.
select requirement, rule_id, phase_no, sessions, watched_us / 3600000000.0 as watched_h, overdue_us / 3600000000.0 as overdue_h, late_gaps
from km_phase
order by rule_id, requirement, phase_no
