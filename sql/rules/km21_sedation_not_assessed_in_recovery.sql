/*
title = "Sedation assessments too far apart in recovery"
family = "monitoring"
quantity = "longest gap between assessments in recovery"
finding = "The longest gap between sedation assessments in recovery was {observed} min; the site policy allows {limit}, and no discharge before recovery is over."
why = "Sedation and slow breathing outlast the infusion; a patient who leaves too early is beyond help."
population = "Sessions with a charted infusion row, from the end to the end of recovery or an earlier discharge."
exclusions = "Sessions without an infusion row."
success = "No gap from the end of the infusion to the end of recovery is longer than the interval with its grace, and the patient was not discharged earlier."
responsible = "Nurse who looks after recovery"
limitations = "A site policy. The discharge is the end of the encounter; without one the rule cannot be met."
needs = ["administration", "observation", "encounter"]
*/
select
    s.session_no,
    i.is_infused as applies,
    v.is_missed as violates,
    v.low as observed_low,
    v.high as observed_high,
    case
        when i.reason is not null then i.reason
        when v.outside_coverage then 'not_covered'
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
    list_concat(i.refs, v.refs) as evidence
from session as s
inner join infused as i on i.session_no = s.session_no
left join recovery as v on v.session_no = s.session_no and v.domain = 'sedation'
