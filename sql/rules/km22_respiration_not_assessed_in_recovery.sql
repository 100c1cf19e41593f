/*
title = "Respiratory-status assessments too far apart in recovery"
family = "monitoring"
quantity = "longest gap between assessments in recovery"
finding = "The longest gap between respiratory assessments in recovery was {observed} min; the site policy allows {limit}, and no discharge before recovery is over."
why = "Sedation and slow breathing outlast the infusion; a patient who leaves too early is beyond help."
population = "Sessions with a charted infusion row, from the end to the end of recovery or an earlier discharge."
exclusions = "Sessions without an infusion row."
success = "No gap from the end of the infusion to the end of recovery is longer than the interval with its grace, and the patient was not discharged earlier."
responsible = "Nurse who looks after recovery"
limitations = "A site policy. The discharge is the end of the encounter; without one the rule cannot be met."
needs = ["administration", "observation", "encounter"]
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
from recovery_assessment
where domain = 'respiratory'
