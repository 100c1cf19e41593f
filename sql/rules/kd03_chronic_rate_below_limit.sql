/*
title = "Chronic-pain maintenance rate below the protocol's range"
family = "dosing"
quantity = "maintenance rate, all lines summed"
finding = "Maintenance ran at {observed} mg/kg/h; the protocol allows {limit}."
why = "A rate under the range may not relieve pain; this is a question of benefit, not of harm."
population = "Sessions in the chronic-pain context with a maintenance segment of at least five minutes; inferred boluses and pauses are left out."
exclusions = "Sessions of the other context, and those without a maintenance segment long enough. Inferred boluses, pauses and shorter segments are left out."
success = "The lowest rate of the session, all lines added, is at least the limit per kg of the reference weight."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "Judged against the reference weight, not the weight programmed into the pump."
needs = ["administration", "weight", "context"]
*/
select
    e.session_no,
    case
        when e.context <> 'chronic' then false
        when not e.has_tested_segment and not e.rate_lost then false
        when e.context is null or not e.has_certain_tested_segment then null
        else true
    end as applies,
    under_limit(
        case when not e.rate_lost then e.lowest_low end,
        e.lowest_high,
        r.limit_low * e.kg_low,
        r.limit_low * e.kg_high,
        r.comparator
    ) as violates,
    cast(case when not e.rate_lost then e.lowest_low end as double) / nullif(cast(e.kg_high as double), 0) as observed_low,
    cast(e.lowest_high as double) / nullif(cast(e.kg_low as double), 0) as observed_high,
    false as marginal,
    true as below_range,
    case
        when e.context <> 'chronic' then 'context_postsurgical'
        when not e.has_tested_segment and not e.rate_lost then 'no_maintenance_segment'
        else e.reason_unknown
    end as reason,
    e.flags,
    list_concat(list_concat(e.lowest_refs, e.lost_refs), list_concat(e.weight_refs, e.context_refs)) as evidence
from rate_extreme as e
inner join rule as r on r.rule_id = 'KD-03'
