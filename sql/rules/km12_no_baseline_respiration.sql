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
    s.session_no,
    i.is_infused as applies,
    b.is_missing as violates,
    b.low as observed_low,
    b.high as observed_high,
    case
        when i.reason is not null then i.reason
        when b.outside_coverage then 'not_covered'
        else 'bounds_straddle_limit'
    end as reason,
    cast([] as varchar []) as flags,
    case when coalesce(i.is_infused, true) then list_concat(i.refs, b.refs) else i.refs end as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join baseline as b on b.session_no = s.session_no and b.domain = 'respiratory'
