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
        when b.assessment_lost then 'observation_kept_out'
        when b.delivery_lost then 'row_kept_out'
        else 'bounds_straddle_limit'
    end as reason,
    cast([] as varchar []) as flags,
    case
        when not i.is_infused then i.refs
        else list_concat(i.refs, b.refs, case when i.reason is null then b.kept_out_refs end)
    end as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join baseline as b on b.session_no = s.session_no
