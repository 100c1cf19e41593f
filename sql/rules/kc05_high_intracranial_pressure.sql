/*
title = "High intracranial pressure"
family = "contraindication"
quantity = "absence of high intracranial pressure"
finding = "High intracranial pressure at the start: {found}."
why = "Ketamine may raise the pressure in the skull further."
population = "Every session. A mass or a bleed does not say that the pressure is high; a measurement or the checklist settles it."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that a high intracranial pressure was present at the start, and what is needed to say so is there."
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
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-05'
