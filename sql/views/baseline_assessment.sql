/* Whether each domain was assessed shortly before the start: the answer of the rule on each. */
select
    s.session_no,
    b.domain,
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
inner join baseline as b on b.session_no = s.session_no
