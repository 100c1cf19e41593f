/* The whole dose of each session by component, as bounds in mg x 3600. No high bound where any part is unknown, a row was kept out, or the administrations do not cover the session. */
select
    s.session_no,
    coalesce(sum(d.mg_x3600_low), 0) as mg_x3600_low,
    case
        when l.session_no is not null or not f.is_covered then null
        when count(d.session_no) = count(d.mg_x3600_high) then coalesce(sum(d.mg_x3600_high), 0)
    end as mg_x3600_high,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'bolus') as double) / 3600 as bolus_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'infusion') as double) / 3600 as infusion_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'pca') as double) / 3600 as pca_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'pump_total') as double) / 3600 as pump_total_mg,
    flatten(list(d.refs order by d.started_at, d.line_key)) as refs,
    coalesce(max(d.unit_unknown), false) as unit_unknown,
    coalesce(max(d.rate_missing), false) as rate_missing,
    coalesce(max(d.concentration_missing), false) as concentration_missing,
    coalesce(max(d.end_uncertain), false) as end_uncertain,
    coalesce(max(d.per_kg_only), false) as pump_weight_missing,
    l.session_no is not null as row_kept_out,
    l.refs as lost_refs,
    not f.is_covered as not_covered,
    list_filter(
        [
            case when l.session_no is not null then 'row_kept_out' end,
            case when not f.is_covered then 'doses_not_covered' end,
            case when max(d.unit_unknown) then 'unit_unknown' end,
            case when max(d.rate_missing) then 'rate_missing' end,
            case when max(d.concentration_missing) then 'concentration_missing' end,
            case when max(d.concentration_conflict) then 'concentration_conflict' end,
            case when max(d.per_kg_only) then 'pump_weight_missing' end,
            case when max(d.pump_weight_assumed and not d.per_kg_only) then 'pump_weight_assumed' end,
            case when max(d.source_conflict) then 'source_conflict' end,
            case when max(d.line_unknown) then 'line_unknown' end,
            case when max(d.superseded) then 'superseded' end,
            case when max(d.pump_total_differs) then 'pump_total_differs' end,
            case when max(d.end_uncertain) then 'stop_missing' end
        ],
        lambda flag: flag is not null
    ) as flags
from session as s
left join counted_dose as d on d.session_no = s.session_no
left join lost_row as l on l.session_no = s.session_no
inner join dose_feed as f on f.session_no = s.session_no and f.window_h = 0
group by s.session_no, l.session_no, l.refs, f.is_covered
