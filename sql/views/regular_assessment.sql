/* Whether the assessments of each domain follow one another closely enough from the first delivery to the last: the answer of the rule on each. */
with answered as (
    select
        a.session_no,
        a.domain,
        a.outside_coverage,
        a.assessment_lost,
        a.end_open,
        a.assessments,
        a.gap_min_low,
        case when not coalesce(r.delivery_lost, false) then a.gap_min_high end as gap_min_high,
        a.refs,
        a.lost_refs,
        r.refs as lost_delivery_refs,
        a.may_hold_pause or coalesce(r.delivery_lost and not a.possibly_missed and not a.end_open, false) as lost_row_matters,
        case
            when a.missed then true
            when not a.possibly_missed and not a.end_open and not coalesce(r.delivery_lost, false) then false
        end as is_missed
    from assessed as a
    left join lost_row as r on r.session_no = a.session_no
)

select
    s.session_no,
    a.domain,
    i.is_infused as applies,
    a.is_missed as violates,
    a.gap_min_low as observed_low,
    a.gap_min_high as observed_high,
    case
        when i.reason is not null then i.reason
        when a.outside_coverage then 'not_covered'
        when a.assessment_lost then 'observation_kept_out'
        when a.lost_row_matters then 'row_kept_out'
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
    list_concat(
        i.refs,
        a.refs,
        case when a.is_missed is null and i.reason is null and a.assessment_lost then a.lost_refs end,
        case when a.is_missed is null and i.reason is null and a.lost_row_matters then a.lost_delivery_refs end
    ) as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
inner join answered as a on a.session_no = s.session_no
