/*
title = "Pregnancy"
family = "contraindication"
quantity = "absence of pregnancy"
finding = "Pregnancy at the start: {found}."
why = "The protocol excludes pregnancy; ketamine crosses the placenta."
population = "Sex female or not known and an age at which pregnancy is possible, unless a diagnosis or the checklist rules it out."
exclusions = "Male patients, ages outside those that the site policy asks about, and a pregnancy that a diagnosis or the checklist rules out for good."
success = "A negative test within its window before the start or a no on the checklist, and nothing that says pregnant."
responsible = "Prescriber; clinician who screens before the infusion"
limitations = "Only ICD-10-CM codes are read; free text is not."
needs = ["patient", "condition", "observation", "screening"]
*/
select
    s.session_no,
    case
        when b.reason = 'pregnancy_exempt' and c.is_present then null
        when b.reason = 'age_unknown' and c.is_present then true
        else b.applies
    end as applies,
    c.violates,
    null as observed_low,
    null as observed_high,
    case
        when b.reason = 'pregnancy_exempt' and c.is_present then 'exemption_conflict'
        else coalesce(b.reason, c.reason)
    end as reason,
    case when b.applies = false and not c.is_present then cast([] as varchar []) else list_concat(c.flags, b.flags) end as flags,
    case when b.applies = false and not c.is_present then b.refs else list_concat(c.refs, b.refs) end as evidence,
    c.found
from session as s
inner join contraindication as c on c.session_no = s.session_no and c.rule_id = 'KC-02'
inner join childbearing as b on b.session_no = s.session_no
