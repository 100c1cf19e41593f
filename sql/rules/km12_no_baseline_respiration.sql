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
    case when not s.has_infusion and l.rate_lost then null else s.has_infusion end as applies,
    b.is_missing as violates,
    b.low as observed_low,
    b.high as observed_high,
    case
        when not s.has_infusion and l.rate_lost then 'row_kept_out'
        when not s.has_infusion then 'no_infusion'
        when s.has_infusion is null then 'delivery_unknown'
        when b.outside_coverage then 'not_covered'
        else 'bounds_straddle_limit'
    end as reason,
    cast([] as varchar []) as flags,
    case when coalesce(s.has_infusion, true) or l.rate_lost then list_concat(s.edge_refs, b.refs) else cast([] as bigint []) end as evidence
from session as s
inner join baseline as b on b.session_no = s.session_no and b.domain = 'respiratory'
left join lost_row as l on l.session_no = s.session_no
