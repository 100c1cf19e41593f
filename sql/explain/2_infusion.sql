/* Each infusion segment: what was charted, and what it comes to. */
select
    s.session_id,
    i.line_key as line,
    i.started_at,
    i.ended_at,
    i.ended_at_high,
    (
        select
            array_to_string(
                list(g.event || ' ' || coalesce(shown(g.rate, 9), '?') || ' ' || coalesce(g.rate_unit, '(no unit)') order by g.started_at, g.ref), ' -> '
            )
        from given as g
        where list_contains(i.refs, g.ref) and g.rate is not null
    ) as charted,
    cast(i.mg_per_h_low as double) as mg_per_h_low,
    cast(i.mg_per_h_high as double) as mg_per_h_high,
    cast(i.rate_high as double) / cast(s.weight_kg_low as double) as mg_per_kg_h,
    cast(i.mg_x3600_low as double) / 3600 as mg_low,
    cast(i.mg_x3600_high as double) / 3600 as mg_high,
    i.is_bolus as inferred_bolus
from infusion as i
inner join session as s on s.session_no = i.session_no
order by i.started_at, i.line_key
