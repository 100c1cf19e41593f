/*
title = "Uncontrolled cardiovascular disease"
family = "contraindication"
quantity = "absence of cardiovascular disease"
finding = "Uncontrolled cardiovascular disease at the start: {found}."
why = "Ketamine raises blood pressure and heart rate; where that is already out of control it endangers heart and brain."
population = "An active acute cardiovascular diagnosis, a last blood pressure at or above the site policy's limits, or a yes on the checklist. A blood pressure before the start is required. Hypertension alone (I10) never counts."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that uncontrolled cardiovascular disease was present at the start, and what is needed to say so is there."
responsible = "Prescriber; clinician who screens before the infusion"
limitations = "Only ICD-10-CM codes are read; free text is not."
needs = ["condition", "observation", "screening"]
*/
select
    s.session_no,
    true as applies,
    c.violates,
    null as observed_low,
    null as observed_high,
    c.reason,
    c.flags,
    c.refs as evidence,
    c.found
from session as s
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-01'
