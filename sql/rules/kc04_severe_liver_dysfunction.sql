/*
title = "Severe liver dysfunction"
family = "contraindication"
quantity = "absence of severe liver dysfunction"
finding = "Severe liver dysfunction at the start: {found}."
why = "Ketamine is cleared by the liver, and repeated doses can injure it."
population = "Every session. Cirrhosis without a grade is not severe by itself."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that severe liver dysfunction was present at the start, and what is needed to say so is there."
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
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-04'
