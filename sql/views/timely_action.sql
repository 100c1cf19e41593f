/* Whether the abnormal values of each domain were acted on in time: the answer of the rule on each. */
select
    s.session_no,
    a.domain,
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
inner join acted_on as a on a.session_no = s.session_no
