/*
title = "No baseline respiratory assessment before the start"
family = "monitoring"
quantity = "time from the last assessment to the start"
finding = "Minutes from the last respiratory assessment to the start: {observed}; the site policy allows {limit}."
why = "Without a value from before the start nobody can tell what the drug did."
population = "Sessions with a charted infusion row. An assessment at the start itself is a baseline."
exclusions = "Sessions without an infusion row."
success = "An assessment at the start or at most the allowed time before it."
responsible = "Nurse who looks after the infusion"
limitations = "A site policy. An assessment more than 24 hours before the start is not looked for."
needs = ["administration", "observation"]
*/
select
    session_no,
    applies,
    violates,
    observed_low,
    observed_high,
    reason,
    flags,
    evidence
from baseline_assessment
where domain = 'respiratory'
