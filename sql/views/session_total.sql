/* The whole dose of each session by component, as bounds in mg x 3600. No high bound where any part is unknown or a row was kept out. */
select
    s.session_no,
    coalesce(sum(d.mg_x3600_low), 0) as mg_x3600_low,
    case
        when l.session_no is not null then null
        when count(d.session_no) = count(d.mg_x3600_high) then coalesce(sum(d.mg_x3600_high), 0)
    end as mg_x3600_high,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'bolus') as double) / 3600 as bolus_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'infusion') as double) / 3600 as infusion_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'pca') as double) / 3600 as pca_mg,
    cast(sum(d.mg_x3600_low) filter (where d.component = 'pump_total') as double) / 3600 as pump_total_mg,
    flatten(list(d.refs order by d.started_at, d.line_key)) as refs,
    coalesce(max(d.unit_unknown), false) as unit_unknown,
    coalesce(max(d.concentration_missing), false) as concentration_missing,
    coalesce(max(d.end_uncertain), false) as end_uncertain,
    coalesce(max(d.per_kg_only), false) as pump_weight_missing,
    l.session_no is not null as row_kept_out,
    l.refs as lost_refs
from session as s
left join counted_dose as d on d.session_no = s.session_no
left join lost_row as l on l.session_no = s.session_no
group by s.session_no, l.session_no, l.refs
