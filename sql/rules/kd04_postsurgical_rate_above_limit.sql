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
from rate_above
where rule_id = 'KD-04'
