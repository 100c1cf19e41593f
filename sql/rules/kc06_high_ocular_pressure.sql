/*
title = "High ocular pressure"
family = "contraindication"
quantity = "absence of high ocular pressure"
finding = "High ocular pressure at the start: {found}."
why = "Ketamine may raise the pressure in the eye further."
population = "Every session. Open-angle glaucoma does not say that the pressure is high; readings of both eyes or the checklist settle it."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that a high ocular pressure was present at the start, and what is needed to say so is there."
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
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-06'
