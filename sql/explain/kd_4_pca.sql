/* Patient-controlled analgesia: demands and period totals. */
select
    s.session_id,
    p.started_at,
    p.ended_at,
    cast(p.demand_mg_low as double) as demand_mg_low,
    cast(p.demand_mg_high as double) as demand_mg_high,
    p.delivered,
    cast(p.given_mg_low as double) as given_mg_low,
    cast(p.given_mg_high as double) as given_mg_high,
    p.covered as inside_a_total,
    p.total_conflict
from session_item as i
inner join pca as p on p.ref = i.item_no
inner join session as s on s.session_no = i.session_no
where i.component = 'pca'
order by p.started_at, p.ref
