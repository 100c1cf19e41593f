/* Rows that change an infusion line (verify rows that repeat the rate, and what its conversion needs, say nothing new), with the charted rate as mg/h (bounds) or, without a pump weight, as charted per kg. */
with rated as (
    select
        g.*,
        u.factor,
        u.dimension,
        case u.dimension when 'volume_rate' then [g.mg_per_ml_low, g.mg_per_ml_high] when 'rate_per_kg' then [g.pump_kg_low, g.pump_kg_high] end as measure
    from given as g
    left join unit as u on u.unit = normal_unit(g.rate_unit) and u.dimension in ('rate', 'rate_per_kg', 'volume_rate')
    where g.kind = 'infusion' and not g.is_push
),

charted as (
    select
        *,
        case when event in ('pause', 'stop') then 0 when event = 'rate_verify' then 2 else 1 end as step,
        lag(event) over line_order as event_before,
        lag(rate) over line_order as rate_before,
        lag(rate_unit) over line_order as rate_unit_before,
        lag(measure) over line_order as measure_before
    from rated
    window line_order as (
        partition by patient_id, line_key
        order by
            started_at, case when event in ('pause', 'stop') then 0 when event = 'rate_verify' then 2 else 1 end, administration_id
    )
),

telling as (
    select *
    from charted
    where
        step < 2
        or (
            rate is not null
            and not (
                event_before in ('infusion', 'rate_change', 'rate_verify')
                and coalesce(rate_before = rate, false)
                and rate_unit_before is not distinct from rate_unit
                and measure_before is not distinct from measure
            )
        )
),

converted as (
    select
        t.*,
        coalesce(t.order_id, '') || chr(31) || coalesce(t.encounter_id, '') as charted_under,
        case
            when t.rate = 0 then 0
            when t.dimension = 'rate' then down12(t.rate * cast(t.factor as decimal(38, 6)))
            when t.dimension = 'rate_per_kg'
                then down12(capped(t.rate * cast(t.factor as decimal(38, 6))) * t.pump_kg_low)
            when t.dimension = 'volume_rate'
                then down12(capped(t.rate * cast(t.factor as decimal(38, 6))) * t.mg_per_ml_low)
        end as mg_per_h_low,
        case
            when t.rate = 0 then 0
            when t.dimension = 'rate' then up12(t.rate * cast(t.factor as decimal(38, 6)))
            when t.dimension = 'rate_per_kg'
                then up12(capped(t.rate * cast(t.factor as decimal(38, 6))) * t.pump_kg_high)
            when t.dimension = 'volume_rate'
                then up12(capped(t.rate * cast(t.factor as decimal(38, 6))) * t.mg_per_ml_high)
        end as mg_per_h_high,
        case
            when t.dimension = 'rate_per_kg' and t.pump_kg_low is null then down12(t.rate * cast(t.factor as decimal(38, 6)))
        end as mg_per_kg_h,
        up12(t.volume_ml * t.mg_per_ml_high) as bag_mg_high
    from telling as t
)

select
    patient_id,
    line_key,
    line_known,
    started_at,
    max(started_at_latest) as started_at_latest,
    step,
    list(ref order by administration_id) as refs,
    min(encounter_id) as encounter_id,
    min(order_id) as order_id,
    min(charted_under) as charted_under,
    min(charted_under) <> max(charted_under) as under_several,
    count(*) as row_count,
    max(case when event = 'infusion' then 1 else 0 end) = 1 as starts,
    min(stopped_at) as stopped_at,
    max(stopped_at_latest) as stopped_at_latest,
    max(case when stopped_at_latest < started_at then 1 else 0 end) = 1 as stop_before_start,
    case when count(mg_per_h_low) = count(*) then min(case when certain then mg_per_h_low else 0 end) end as mg_per_h_low,
    case when count(mg_per_h_high) = count(*) then max(mg_per_h_high) end as mg_per_h_high,
    case when min(mg_per_kg_h) = max(mg_per_kg_h) and count(mg_per_kg_h) = count(*) then max(mg_per_kg_h) end as mg_per_kg_h,
    case
        when count(rate) = count(*) and min(rate) = max(rate) and min(rate_unit) is not distinct from max(rate_unit)
            then cast(min(rate) as varchar) || ' ' || coalesce(min(normal_unit(rate_unit)), '')
    end as charted_rate,
    max(certain) as certain,
    max(bag_mg_high) as bag_mg_high,
    max(case when dimension is null and rate_unit is not null and coalesce(rate, 1) <> 0 then 1 else 0 end) = 1 as unit_unknown,
    max(case when rate is not null and rate_unit is null and rate <> 0 then 1 else 0 end) = 1 as unit_missing,
    max(case when rate is null and step = 1 then 1 else 0 end) = 1 as rate_missing,
    max(case when dimension = 'volume_rate' and mg_per_ml_low is null and rate <> 0 then 1 else 0 end) = 1 as concentration_missing,
    max(case when dimension = 'volume_rate' and concentration_conflict then 1 else 0 end) = 1 as concentration_conflict,
    max(case when dimension = 'rate_per_kg' and not pump_weight_charted and pump_kg_low is not null then 1 else 0 end) = 1 as pump_weight_assumed
from converted
group by patient_id, line_key, line_known, started_at, step
