/* Whether the assessments of each domain follow one another closely enough until recovery is over: the answer of the rule on each. */
select
    s.session_no,
    d.domain,
    i.is_infused as applies,
    v.is_missed as violates,
    v.low as observed_low,
    case when not v.delivery_lost then v.high end as observed_high,
    case
        when i.reason is not null then i.reason
        when v.outside_coverage then 'not_covered'
        when v.assessment_lost then 'observation_kept_out'
        when v.delivery_lost then 'row_kept_out'
        when v.end_open then 'stop_unknown'
        when v.discharge_unknown then 'discharge_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    list_filter(
        [
            case when s.has_infusion and v.discharged_early then 'discharged_early' end,
            case when s.has_infusion and s.ended_at_high is distinct from s.ended_at then 'stop_missing' end
        ],
        lambda flag: flag is not null
    ) as flags,
    list_concat(
        i.refs,
        v.refs,
        case when i.reason is null and v.is_missed is null and (v.assessment_lost or v.delivery_lost) then v.lost_refs end
    ) as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
cross join (values ('sedation'), ('respiratory')) as d (domain)
left join recovery as v on v.session_no = s.session_no and v.domain = d.domain
