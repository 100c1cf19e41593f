/*
title = "Session total above the protocol's maximum"
family = "dosing"
quantity = "total dose per kg"
finding = "The session received {observed} mg/kg in total; the protocol allows {limit}."
why = "The protocol limits the total to keep the treatment subanesthetic."
population = "Every session: boluses, infusion and delivered PCA together."
limitations = "At the protocol's own maintenance rate the maximum is reached within 60 to 120 minutes."
needs = ["administration", "weight"]
*/
select
    s.session_no,
    true as applies,
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
    case
        when s.weight_kg_low is null then s.weight_reason
        when t.row_kept_out then 'row_kept_out'
        when t.unit_unknown then 'unit_unknown'
        when t.concentration_missing then 'concentration_missing'
        when t.pump_weight_missing then 'pump_weight_missing'
        when t.mg_x3600_high is null and t.end_uncertain then 'stop_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    list_concat(
        s.flags,
        list_filter(
            [
                case when t.row_kept_out then 'row_kept_out' end,
                case when t.unit_unknown then 'unit_unknown' end,
                case when t.concentration_missing then 'concentration_missing' end,
                case when t.pump_weight_missing then 'pump_weight_missing' end,
                case when t.end_uncertain then 'stop_missing' end,
                case when o.session_no is not null then 'other_route_given' end
            ],
            lambda flag: flag is not null
        )
    ) as flags,
    list_distinct(
        list_concat(
            list_concat(coalesce(t.refs, cast([] as bigint [])), coalesce(t.lost_refs, cast([] as bigint []))), s.weight_refs
        )
    ) as evidence
from session as s
inner join session_total as t on t.session_no = s.session_no
inner join rule as r on r.rule_id = 'KD-07'
left join other_route as o on o.session_no = s.session_no
