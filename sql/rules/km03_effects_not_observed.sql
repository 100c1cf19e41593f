/*
title = "No observation for psycho-perceptual effects"
family = "monitoring"
quantity = "observations for psycho-perceptual effects"
finding = "{observed} observations for psycho-perceptual effects were charted from the start to 60 min after the end; the protocol asks for at least one."
why = "Dissociation and hallucinations are the commonest reason to stop ketamine, and patients do not always report them unasked."
population = "Sessions with a charted infusion row. A documented absence of effects is an observation."
exclusions = "Sessions without an infusion row."
success = "At least one observation, which may be that there was none of these effects, from the start to 60 min after the end."
responsible = "Nurse who looks after the infusion"
limitations = "Free text is not read."
needs = ["administration", "observation"]
*/
select
    s.session_no,
    i.is_infused as applies,
    case
        when o.count_low > 0 then false
        when o.count_high = 0 and o.is_covered and l.session_no is null then true
    end as violates,
    cast(o.count_low as double) as observed_low,
    case when o.count_low > 0 or l.session_no is null then cast(o.count_high as double) end as observed_high,
    case
        when i.reason is not null then i.reason
        when s.ended_at_high is null then 'stop_unknown'
        when not o.is_covered then 'not_covered'
        when o.count_high = 0 and l.session_no is not null then 'observation_kept_out'
        else 'bounds_straddle_limit'
    end as reason,
    cast([] as varchar []) as flags,
    case
        when coalesce(i.is_infused, true)
            then list_concat(i.refs, o.refs, case when o.count_low = 0 then l.refs else [] end)
        else i.refs
    end as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join observed_effect as o on o.session_no = s.session_no
left join (
    select session_no, list(ref order by ref) as refs
    from lost_observation
    where domain = 'psychoperceptual'
    group by session_no
) as l on l.session_no = s.session_no
