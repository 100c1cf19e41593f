/* Whether the assessments of each domain follow one another closely enough from the first delivery to the last: the answer of the rule on each. */
select
    s.session_no,
    a.domain,
    i.is_infused as applies,
    case
        when a.missed then true
        when not a.possibly_missed and not a.end_open then false
    end as violates,
    a.gap_min_low as observed_low,
    a.gap_min_high as observed_high,
    case
        when i.reason is not null then i.reason
        when a.outside_coverage then 'not_covered'
        when a.end_open then 'stop_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    list_filter(
        [
            case when s.has_infusion and s.ended_at_high is distinct from s.ended_at then 'stop_missing' end,
            case when s.has_infusion and a.assessments = 0 then 'no_assessment' end
        ],
        lambda flag: flag is not null
    ) as flags,
    list_concat(i.refs, a.refs) as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join assessed as a on a.session_no = s.session_no
