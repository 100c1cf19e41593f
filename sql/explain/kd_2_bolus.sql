/* Boluses after merging. */
select
    s.session_id,
    cast(b.bolus_no as varchar) || ' of ' || cast(count(*) over (partition by b.session_no) as varchar) as bolus,
    b.started_at,
    b.ended_at,
    b.parts,
    b.inferred,
    cast(b.mg_x3600_low as double) / 3600 as mg_low,
    cast(b.mg_x3600_high as double) / 3600 as mg_high,
    cast(b.mg_x3600_high as double) / 3600 / cast(s.weight_kg_low as double) as mg_per_kg,
    shown(cast(b.mg_x3600_high as double) / 3600, 3) || ' mg / ' || shown(s.weight_kg_low, 3) || ' kg = '
    || shown(cast(b.mg_x3600_high as double) / 3600 / cast(s.weight_kg_low as double), 6) || ' mg/kg' as conversion
from bolus as b
inner join session as s on s.session_no = b.session_no
order by b.bolus_no
