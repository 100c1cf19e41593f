/* Boluses after merging. */
select
    s.session_id,
    b.bolus_no,
    b.started_at,
    b.ended_at,
    b.parts,
    b.inferred,
    cast(b.mg_x3600_low as double) / 3600 as mg_low,
    cast(b.mg_x3600_high as double) / 3600 as mg_high,
    cast(b.mg_x3600_high as double) / 3600 / cast(s.weight_kg_low as double) as mg_per_kg
from bolus as b
inner join session as s on s.session_no = b.session_no
order by b.bolus_no
