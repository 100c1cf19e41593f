/*
title = "Postsurgical rate above the protocol's range"
family = "dosing"
quantity = "maintenance rate, all lines summed"
finding = "Maintenance ran at {observed} mg/kg/h; the protocol allows {limit}."
why = "Higher rates bring sedation, respiratory and psychomimetic effects beyond the subanesthetic range."
population = "Sessions in the postsurgical context with a maintenance segment; inferred boluses and pauses are left out."
exclusions = "Sessions of the other context, and those without a maintenance segment. Inferred boluses and pauses are no maintenance."
success = "The highest rate of the session, all lines added, is at most the limit per kg of the reference weight."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "Judged against the reference weight, not the weight programmed into the pump."
needs = ["administration", "weight", "context"]
*/
select
    e.session_no,
    case
        when e.context <> 'postsurgical' then false
        when not e.has_segment and not e.rate_lost then false
        when e.context is null or not e.has_certain_segment then null
        else true
    end as applies,
    over_limit(
        e.highest_low,
        case when not e.rate_lost then e.highest_high end,
        r.limit_high * e.kg_low,
        r.limit_high * e.kg_high,
        r.comparator
    ) as violates,
    cast(e.highest_low as double) / nullif(cast(e.kg_high as double), 0) as observed_low,
    cast(case when not e.rate_lost then e.highest_high end as double) / nullif(cast(e.kg_low as double), 0) as observed_high,
    e.highest_low <= r.limit_high * e.kg_high * r.marginal_factor as marginal,
    false as below_range,
    case
        when e.context <> 'postsurgical' then 'context_chronic'
        when not e.has_segment and not e.rate_lost then 'no_maintenance_segment'
        else e.reason_unknown
    end as reason,
    e.flags,
    list_concat(list_concat(e.highest_refs, e.lost_refs), list_concat(e.weight_refs, e.context_refs)) as evidence
from rate_extreme as e
inner join rule as r on r.rule_id = 'KD-04'
