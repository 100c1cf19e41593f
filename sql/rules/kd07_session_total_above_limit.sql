/*
title = "Total dose above the protocol's maximum"
family = "dosing"
quantity = "{total} per kg"
finding = "The {total} was {observed} mg/kg; the protocol allows {limit}."
why = "The protocol limits the total to keep the treatment subanesthetic."
population = "Every session: boluses, infusion and delivered PCA together, unless the protocol leaves some out or reads its maximum per bolus."
exclusions = "None in scope; read per bolus, sessions without a bolus. Priming, waste, returned drug and other routes are no dose."
success = "The amount that the protocol counts, divided by the reference weight, is at most the limit."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "The source text does not say over what it limits the total; the protocol's reading decides, and the methods page counts the others. Read per session, the protocol's own maintenance rate reaches the maximum within 60 to 120 minutes."
needs = ["administration", "weight"]
*/
select
    s.session_no,
    t.applies,
    over_limit(
        t.mg_x3600_low,
        t.mg_x3600_high,
        r.limit_high * cast(s.weight_kg_low as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.comparator
    ) as violates,
    cast(t.mg_x3600_low as double) / nullif(cast(s.weight_kg_high as double), 0) / 3600 as observed_low,
    cast(t.mg_x3600_high as double) / nullif(cast(s.weight_kg_low as double), 0) / 3600 as observed_high,
    t.mg_x3600_low
    <= r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)) * r.marginal_factor as marginal,
    false as below_range,
    t.reason,
    case when o.session_no is not null then list_append(t.flags, 'other_route_given') else t.flags end as flags,
    list_distinct(list_concat(t.refs, s.weight_refs)) as evidence
from session as s
inner join protocol_total as t on t.session_no = s.session_no
inner join rule as r on r.rule_id = 'KD-07'
left join other_route as o on o.session_no = s.session_no
