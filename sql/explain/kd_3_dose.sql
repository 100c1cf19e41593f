/* What the protocol's total is made of, in order of time. */
select
    s.session_id,
    d.component,
    d.line_key as line,
    d.started_at,
    d.ended_at,
    cast(d.rate_low as decimal(38, 12)) as mg_per_h_low,
    cast(d.rate_high as decimal(38, 12)) as mg_per_h_high,
    cast(d.mg_x3600_low as decimal(38, 12)) as mg_x3600_low,
    cast(d.mg_x3600_high as decimal(38, 12)) as mg_x3600_high,
    s.weight_kg_low,
    s.weight_kg_high
from counted_dose as d
inner join session as s on s.session_no = d.session_no
order by s.session_no, d.started_at, d.line_key, d.component
