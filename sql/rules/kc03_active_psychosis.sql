/*
title = "Active psychosis"
family = "contraindication"
quantity = "absence of active psychosis"
finding = "Active psychosis at the start: {found}."
why = "Ketamine can provoke or deepen psychosis."
population = "Every session. A diagnosis on a problem list does not say whether the illness is active; the checklist settles it."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that an active psychosis was present at the start, and what is needed to say so is there."
responsible = "Prescriber; clinician who screens before the infusion"
limitations = "Only ICD-10-CM codes are read; free text is not."
needs = ["condition", "screening"]
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
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-03'
