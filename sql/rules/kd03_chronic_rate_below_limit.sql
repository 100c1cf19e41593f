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
    session_no,
    applies,
    violates,
    observed_low,
    observed_high,
    marginal,
    below_range,
    reason,
    flags,
    evidence
from rate_below
where rule_id = 'KD-03'
