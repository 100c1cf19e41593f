/* Time watched and overdue by phase of the infusion. */
select
    requirement,
    rule_id,
    phase_no,
    sessions,
    watched_us,
    overdue_us,
    late_gaps
from km_phase
