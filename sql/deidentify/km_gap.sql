/* How many gaps are how long. */
select
    requirement,
    rule_id,
    step,
    gaps,
    late_gaps
from km_gap
