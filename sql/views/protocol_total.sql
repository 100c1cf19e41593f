/* The amount that the protocol's maximum is compared with, by total.interpretation: the session's total, its largest hour or 24 hours, or its largest bolus. */
select
    s.session_no,
    case
        when p.total_interpretation <> 'per_bolus' then true
        when b.has_certain_bolus then true
        when not b.has_bolus and not b.bolus_lost then false
    end as applies,
    case p.total_interpretation
        when 'session' then t.mg_x3600_low
        when 'per_bolus' then b.mg_x3600_low
        else w.mg_x3600_low
    end as mg_x3600_low,
    case p.total_interpretation
        when 'session' then t.mg_x3600_high
        when 'per_bolus' then b.mg_x3600_high
        else w.mg_x3600_high
    end as mg_x3600_high,
    case p.total_interpretation
        when 'session' then list_concat(coalesce(t.refs, cast([] as bigint [])), coalesce(t.lost_refs, cast([] as bigint [])))
        when 'per_bolus' then b.refs
        else list_concat(w.refs, coalesce(t.lost_refs, cast([] as bigint [])))
    end as refs,
    case
        when p.total_interpretation = 'per_bolus' and not b.has_bolus and not b.bolus_lost then 'no_bolus'
        when p.total_interpretation = 'per_bolus' then b.reason_unknown
        when s.weight_kg_low is null then s.weight_reason
        when coalesce(w.row_kept_out, t.row_kept_out) then 'row_kept_out'
        when coalesce(w.not_covered, t.not_covered) then 'doses_not_covered'
        when t.unit_unknown then 'unit_unknown'
        when t.rate_missing then 'rate_missing'
        when t.concentration_missing then 'concentration_missing'
        when t.pump_weight_missing then 'pump_weight_missing'
        when t.mg_x3600_high is null and t.end_uncertain then 'stop_unknown'
        when p.total_interpretation <> 'session' and w.mg_x3600_high is null then 'dose_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    case
        when p.total_interpretation = 'per_bolus' then b.flags
        else list_concat(s.flags, t.flags)
    end as flags
from session as s
cross join setting as p
inner join session_total as t on t.session_no = s.session_no
left join window_total as w
    on w.session_no = s.session_no and w.window_h = case p.total_interpretation when 'per_hour' then 1 when 'rolling_24h' then 24 end
left join bolus_extreme as b on b.session_no = s.session_no and b.chosen = 'every'
