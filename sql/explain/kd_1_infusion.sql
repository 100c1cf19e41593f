/* Each infusion segment: what was charted, and what it comes to. */
with charted as (
    select
        i.session_no,
        i.line_key,
        i.piece_no,
        string_agg(
            g.event || ' ' || coalesce(shown(g.rate, 9), '?') || ' ' || coalesce(g.rate_unit, '(no unit)'), ' -> '
            order by g.started_at, g.ref
        ) as charted,
        min_by(
            shown(g.rate, 9) || ' ' || g.rate_unit
            || case u.dimension
                when 'volume_rate' then ' x ' || coalesce(shown(g.mg_per_ml_low, 6), '?') || ' mg/mL'
                when 'rate_per_kg' then ' x ' || coalesce(shown(g.pump_kg_low, 6), '?') || ' kg (pump)'
                else ''
            end,
            (g.started_at, g.ref)
        ) as first_rate
    from infusion as i
    inner join given as g on list_contains(i.refs, g.ref) and g.rate is not null
    left join unit as u on u.unit = normal_unit(g.rate_unit) and u.dimension in ('rate', 'rate_per_kg', 'volume_rate')
    group by i.session_no, i.line_key, i.piece_no
)

select
    s.session_id,
    i.line_key as line,
    i.started_at,
    i.ended_at,
    i.ended_at_high,
    c.charted,
    case when c.first_rate <> shown(i.mg_per_h_high, 6) || ' mg/h' then c.first_rate || ' = ' else '' end
    || shown(i.mg_per_h_high, 6) || ' mg/h; / ' || shown(s.weight_kg_low, 6) || ' kg = '
    || shown(cast(i.mg_per_h_high as double) / cast(s.weight_kg_low as double), 6) || ' mg/kg/h' as conversion,
    cast(i.mg_per_h_low as double) as mg_per_h_low,
    cast(i.mg_per_h_high as double) as mg_per_h_high,
    coalesce(cast(i.mg_per_h_high as double) / cast(s.weight_kg_low as double), cast(i.mg_per_kg_h as double)) as mg_per_kg_h,
    cast(i.mg_x3600_low as double) / 3600 as mg_low,
    cast(i.mg_x3600_high as double) / 3600 as mg_high,
    i.is_bolus as inferred_bolus
from infusion as i
inner join session as s on s.session_no = i.session_no
left join charted as c on c.session_no = i.session_no and c.line_key = i.line_key and c.piece_no = i.piece_no
order by i.started_at, i.line_key
