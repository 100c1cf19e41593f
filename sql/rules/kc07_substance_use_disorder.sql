/*
title = "Active substance use disorder"
family = "contraindication"
quantity = "absence of active substance use disorder"
finding = "Active substance use disorder at the start: {found}."
why = "Ketamine is itself a drug of abuse; the 2018 consensus asks to avoid it in active substance use disorder."
population = "Every session. Nicotine does not count, nor does a disorder in remission; a diagnosis on a problem list or older than 90 days does not say whether it is active."
exclusions = "None: the question is asked of every session. A condition that was over at the start, or lies before its look-back, does not count."
success = "Nothing in diagnoses, measurements and checklist says that an active substance use disorder was present at the start, and what is needed to say so is there."
responsible = "Prescriber; clinician who screens before the infusion"
limitations = "Only ICD-10-CM codes are read; free text is not."
needs = ["condition"]
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
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-07'
