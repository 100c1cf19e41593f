/* Each infusion segment: what was charted, how it becomes mg/h, and what it comes to. */
with piece as (
    select
        i.*,
        s.session_id,
        s.weight_kg_low,
        s.weight_kg_high
    from infusion as i
    inner join session as s on s.session_no = i.session_no
),

charted as (
    select
        p.session_no,
        p.line_key,
        p.piece_no,
        -- the rows at which the segment begins; its further rows repeat the rate or end it
        string_agg(
            distinct conversion_of(g.rate, g.rate_unit, u.dimension, u.factor, g.mg_per_ml_low, g.mg_per_ml_high, g.pump_kg_low, g.pump_kg_high), '; '
            order by
                conversion_of(g.rate, g.rate_unit, u.dimension, u.factor, g.mg_per_ml_low, g.mg_per_ml_high, g.pump_kg_low, g.pump_kg_high)
        ) as charted
    from (select session_no, line_key, piece_no, started_at, unnest(refs) as ref from piece) as p
    inner join given as g on g.ref = p.ref and g.started_at = p.started_at and g.rate is not null
    left join unit as u on u.unit = normal_unit(g.rate_unit) and u.dimension in ('rate', 'rate_per_kg', 'volume_rate')
    group by p.session_no, p.line_key, p.piece_no
)

select
    p.session_id,
    p.line_key as line,
    p.started_at,
    p.ended_at,
    p.ended_at_high,
    c.charted,
    cast(p.mg_per_h_low as decimal(38, 12)) as mg_per_h_low,
    cast(p.mg_per_h_high as decimal(38, 12)) as mg_per_h_high,
    cast(p.mg_per_kg_h as decimal(38, 12)) as mg_per_kg_h,
    cast(p.mg_x3600_low as double) / 3600 as mg_low,
    cast(p.mg_x3600_high as double) / 3600 as mg_high,
    p.is_bolus as inferred_bolus,
    p.weight_kg_low,
    p.weight_kg_high
from piece as p
left join charted as c on c.session_no = p.session_no and c.line_key = p.line_key and c.piece_no = p.piece_no
order by p.session_no, p.started_at, p.line_key, p.piece_no
