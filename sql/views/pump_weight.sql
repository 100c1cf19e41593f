/* Sessions in which a pump was programmed with a weight more than 5 % away from the reference weight. */
select
    i.session_no,
    max(g.ref) as ref
from session_item as i
inner join given as g on g.ref = i.ref
inner join weight as w on w.session_no = i.session_no
where
    g.pump_weight_charted
    and (g.pump_kg_low > w.kg_high * cast(1.05 as decimal(3, 2)) or g.pump_kg_high < w.kg_low * cast(0.95 as decimal(3, 2)))
group by i.session_no
