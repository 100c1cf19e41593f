/*
title = "Respiratory-status assessments too far apart"
family = "monitoring"
quantity = "longest gap between assessments"
finding = "The longest gap between respiratory assessments was {observed} min; the site policy allows {limit}."
why = "Regular assessment finds deepening sedation and respiratory depression while they can still be reversed."
population = "Sessions with a charted infusion row, from the first to the last delivery; pauses longer than the exempt time are cut out."
exclusions = "Sessions without an infusion row. Pauses longer than the exempt time are cut out of a gap."
success = "No gap between neighbouring respiratory assessments, from the first delivery to the last, is longer than the interval with its grace."
responsible = "Nurse who looks after the infusion"
limitations = "The protocol text says regular without a number; the interval is a site policy."
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
from regular_assessment
where domain = 'respiratory'
