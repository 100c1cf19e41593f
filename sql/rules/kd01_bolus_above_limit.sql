/*
title = "Bolus not within the protocol's ceiling"
family = "dosing"
quantity = "bolus dose per kg"
finding = "A bolus of {observed} mg/kg was given; the protocol allows {limit}."
why = "Psychomimetic and cardiovascular effects of ketamine rise with the size and speed of a single dose."
population = "Sessions with a bolus: a push, pushes within the merge window taken together, or an inferred bolus. With bolus.apply_to = \"first_only\" the first bolus alone."
exclusions = "Sessions without a bolus. Priming, waste, PCA demands and maintenance infusion are no bolus."
success = "The largest bolus of the session, after merging, is below the limit per kg of the reference weight."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "The time over which a push was given is not charted and not judged."
needs = ["administration", "weight"]
*/
select
    b.session_no,
    case when b.has_certain_bolus then true when b.has_bolus or b.bolus_lost then null else false end as applies,
    over_limit(
        b.mg_x3600_low,
        b.mg_x3600_high,
        r.limit_high * b.kg_low * cast(3600 as decimal(4, 0)),
        r.limit_high * b.kg_high * cast(3600 as decimal(4, 0)),
        r.comparator
    ) as violates,
    cast(b.mg_x3600_low as double) / nullif(cast(b.kg_high as double), 0) / 3600 as observed_low,
    cast(b.mg_x3600_high as double) / nullif(cast(b.kg_low as double), 0) / 3600 as observed_high,
    b.mg_x3600_low <= r.limit_high * b.kg_high * cast(3600 as decimal(4, 0)) * r.marginal_factor as marginal,
    false as below_range,
    case when b.has_bolus or b.bolus_lost then b.reason_unknown else 'no_bolus' end as reason,
    b.flags,
    list_concat(b.refs, b.weight_refs) as evidence
from bolus_extreme as b
inner join setting as p on p.bolus_apply_to = b.chosen
inner join rule as r on r.rule_id = 'KD-01'
