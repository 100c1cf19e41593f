/* Patient-controlled analgesia: demands and period totals. */
select
    s.session_id,
    p.started_at,
    p.ended_at,
    case
        when g.dose is not null
            then conversion_of(g.dose, g.dose_unit, u.dimension, u.factor, g.mg_per_ml_low, g.mg_per_ml_high, g.pump_kg_low, g.pump_kg_high)
            || ' × ' || coalesce(exact(g.delivered_count), '?') || ' delivered'
        when g.total_dose is not null then exact(g.total_dose) || ' ' || coalesce(g.total_dose_unit, '(no unit)') || ' in total'
    end as charted,
    cast(p.demand_mg_low as decimal(38, 12)) as demand_mg_low,
    cast(p.demand_mg_high as decimal(38, 12)) as demand_mg_high,
    p.delivered,
    cast(p.given_mg_low as decimal(38, 12)) as given_mg_low,
    cast(p.given_mg_high as decimal(38, 12)) as given_mg_high,
    p.covered as inside_a_total,
    p.total_conflict,
    pointed_at(p.ref) as "row"
from session_item as i
inner join session as s on s.session_no = i.session_no
inner join pca as p on p.ref = i.item_no
inner join given as g on g.ref = p.ref
left join unit as u on u.unit = normal_unit(g.dose_unit) and u.dimension in ('dose', 'dose_per_kg', 'volume')
where i.component = 'pca'
order by s.session_no, p.started_at, p.ref
