/* What the session total is made of, in order of time, with the running total per kg. */
select
    s.session_id,
    d.component,
    d.started_at,
    d.ended_at,
    cast(d.mg_x3600_low as double) / 3600 as mg_low,
    cast(d.mg_x3600_high as double) / 3600 as mg_high,
    cast(sum(d.mg_x3600_low) over (partition by d.session_no order by d.started_at, d.line_key, d.component) as double) / 3600
    / cast(s.weight_kg_high as double) as running_mg_per_kg
from dose_item as d
inner join session as s on s.session_no = d.session_no
order by d.started_at, d.line_key, d.component
