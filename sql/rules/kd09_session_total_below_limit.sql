/*
title = "Session total below the protocol's minimum"
family = "dosing"
quantity = "total dose"
finding = "The session received {observed} mg in total; the protocol asks for {limit}."
why = "Some guidance sets a floor below which a chronic-pain infusion is unlikely to help."
population = "Every session: the same total as that of the maximum, in mg, whatever the weight."
exclusions = "None in scope. Priming, waste, returned drug and other routes are no dose."
success = "The session's total reaches the limit."
responsible = "Prescriber, who chooses the dose; nurse, who programs the pump"
limitations = "A floor in mg and a maximum in mg/kg cannot both be met by light patients."
needs = ["administration"]
*/
select
    s.session_no,
    true as applies,
    under_limit(
        t.mg_x3600_low,
        t.mg_x3600_high,
        r.limit_low * cast(3600 as decimal(22, 0)),
        r.limit_low * cast(3600 as decimal(22, 0)),
        r.comparator
    ) as violates,
    cast(t.mg_x3600_low as double) / 3600 as observed_low,
    cast(t.mg_x3600_high as double) / 3600 as observed_high,
    false as marginal,
    true as below_range,
    case
        when t.row_kept_out then 'row_kept_out'
        when t.not_covered then 'doses_not_covered'
        when t.unit_unknown then 'unit_unknown'
        when t.rate_missing then 'rate_missing'
        when t.concentration_missing then 'concentration_missing'
        when t.pump_weight_missing then 'pump_weight_missing'
        when t.mg_x3600_high is null and t.end_uncertain then 'stop_unknown'
        when t.mg_x3600_high is null then 'dose_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    flatten([
        case when s.age_years is null then ['age_unknown'] end,
        t.flags,
        case when o.session_no is not null then ['other_route_given'] end
    ]) as flags,
    list_distinct(list_concat(coalesce(t.refs, cast([] as bigint [])), coalesce(t.lost_refs, cast([] as bigint [])))) as evidence
from session as s
inner join session_total as t on t.session_no = s.session_no
inner join rule as r on r.rule_id = 'KD-09'
left join other_route as o on o.session_no = s.session_no
