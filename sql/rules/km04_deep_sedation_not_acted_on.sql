/*
title = "Abnormal sedation not acted on in time"
family = "monitoring"
quantity = "time from an abnormal value to the first action"
finding = "Minutes from the abnormal sedation score to the first action: {observed}; the site policy allows {limit}."
why = "A patient who is hard to rouse can stop breathing; the score helps only when somebody acts on it."
population = "Sessions with a charted infusion row and an abnormal value from the start to the end of recovery. Values close together are one event; a normal repeat of the same kind shortly after needs no action."
exclusions = "Sessions without an infusion row or without an abnormal value. A value that a normal repeat of the same kind answered shortly after asks for no action."
success = "Every event of abnormal values is followed in time by a lower rate, a pause or stop, or a documented intervention."
responsible = "Nurse who looks after the infusion"
limitations = "The thresholds, the time allowed and what counts as an action are a site policy. An action that was taken and not charted cannot be seen."
needs = ["administration", "observation", "intervention"]
*/
select
    s.session_no,
    i.is_infused and a.is_abnormal as applies,
    a.is_ignored as violates,
    a.low as observed_low,
    a.high as observed_high,
    case
        when not i.is_infused then i.reason
        when not a.is_abnormal then 'no_abnormal_value'
        else coalesce(i.reason, a.reason)
    end as reason,
    case when a.is_artefact then ['possible_artefact'] else cast([] as varchar []) end as flags,
    case
        when not i.is_infused then i.refs
        when not a.is_abnormal then s.edge_refs
        else list_concat(i.refs, a.refs)
    end as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join acted_on as a on a.session_no = s.session_no and a.domain = 'sedation'
