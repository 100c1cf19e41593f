/*
title = "Total in 24 hours above the limit"
family = "dosing"
quantity = "dose in 24 hours per kg"
finding = "Within 24 hours {observed} mg/kg were given; the protocol allows {limit}."
why = "Sessions that follow each other closely can add up to more than a single session may give."
population = "Every session, judged on the largest 24-hour window that ends inside it."
exclusions = "None in scope. Priming, waste, returned drug and other routes are no dose."
success = "No window of 24 hours that ends inside the session holds more than the limit per kg of the reference weight."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "Weight is the reference weight of the session in which the window ends."
needs = ["administration", "weight"]
*/
select
    s.session_no,
    true as applies,
    over_limit(
        w.mg_x3600_low,
        w.mg_x3600_high,
        r.limit_high * cast(s.weight_kg_low as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.comparator
    ) as violates,
    cast(w.mg_x3600_low as double) / nullif(cast(s.weight_kg_high as double), 0) / 3600 as observed_low,
    cast(w.mg_x3600_high as double) / nullif(cast(s.weight_kg_low as double), 0) / 3600 as observed_high,
    w.mg_x3600_low
    <= r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)) * r.marginal_factor as marginal,
    false as below_range,
    case
        when s.weight_kg_low is null then s.weight_reason
        when w.row_kept_out then 'row_kept_out'
        when w.not_covered then 'doses_not_covered'
        when w.mg_x3600_high is null then 'dose_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    s.flags,
    list_distinct(list_concat(w.refs, s.weight_refs)) as evidence
from session as s
inner join window_total as w on w.session_no = s.session_no and w.window_h = 24
inner join rule as r on r.rule_id = 'KD-08'
