/* The maintenance rate as it is judged: all lines summed, constant between steps. Without a weight a rate that was charted per kg stays per kg. */
select
    s.session_id,
    r.started_at,
    r.ended_at,
    cast(r.low as decimal(38, 12)) as mg_per_h_low,
    cast(r.high as decimal(38, 12)) as mg_per_h_high,
    r.lines,
    r.as_charted and s.weight_kg_low is null as is_per_kg,
    s.weight_kg_low,
    s.weight_kg_high
from rate_step as r
inner join session as s on s.session_no = r.session_no
order by s.session_no, r.step_no
