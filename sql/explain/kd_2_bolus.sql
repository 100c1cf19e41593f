/* Boluses after merging: what was charted of each part, and what they come to. */
with whole as (
    select
        b.*,
        s.session_id,
        s.weight_kg_low,
        s.weight_kg_high,
        count(*) over (partition by b.session_no) as boluses
    from bolus as b
    inner join session as s on s.session_no = b.session_no
),

part as (
    select
        w.session_no,
        w.bolus_no,
        g.ref,
        g.started_at,
        case
            when i.ref is not null
                then conversion_of(g.rate, g.rate_unit, r.dimension, r.factor, g.mg_per_ml_low, g.mg_per_ml_high, g.pump_kg_low, g.pump_kg_high)
                || ' × ' || shown(minutes(i.started_at, i.ended_at), 3) || ' min'
            when g.dose is null
                then conversion_of(g.volume_ml, 'mL', 'volume', 1, g.mg_per_ml_low, g.mg_per_ml_high, null, null)
            else conversion_of(g.dose, g.dose_unit, d.dimension, d.factor, g.mg_per_ml_low, g.mg_per_ml_high, g.pump_kg_low, g.pump_kg_high)
        end as charted
    from (select session_no, bolus_no, unnest(refs) as ref from whole) as w
    inner join given as g on g.ref = w.ref
    left join (select session_no, started_at, ended_at, unnest(refs) as ref from infusion where is_bolus) as i
        on i.session_no = w.session_no and i.ref = w.ref and i.started_at = g.started_at and g.rate is not null
    left join unit as r on r.unit = normal_unit(g.rate_unit) and r.dimension in ('rate', 'rate_per_kg', 'volume_rate')
    left join unit as d on d.unit = normal_unit(g.dose_unit) and d.dimension in ('dose', 'dose_per_kg', 'volume')
    where i.ref is not null or g.is_push
),

charted as (
    select session_no, bolus_no, string_agg(charted, ' + ' order by started_at, ref) as charted
    from part
    group by session_no, bolus_no
)

select
    w.session_id,
    cast(w.bolus_no as varchar) || ' of ' || cast(w.boluses as varchar) as bolus,
    w.started_at,
    w.ended_at,
    w.parts,
    w.inferred,
    c.charted,
    cast(w.mg_x3600_low as decimal(38, 12)) as mg_x3600_low,
    cast(w.mg_x3600_high as decimal(38, 12)) as mg_x3600_high,
    w.weight_kg_low,
    w.weight_kg_high
from whole as w
left join charted as c on c.session_no = w.session_no and c.bolus_no = w.bolus_no
order by w.session_no, w.bolus_no
