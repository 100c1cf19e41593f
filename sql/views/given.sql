/* Administration rows that may have delivered the protocol's product intravenously: scope, source precedence, the concentration and the pump weight in force on the line. */
with candidate as (
    select
        a.*,
        cast(a.file_id as bigint) * 4294967296 + a.line as ref,
        coalesce(a.source, 'mar') as origin,
        case
            when a.event = 'bolus' then 'bolus'
            when a.event in ('pca_demand', 'pca_total') then 'pca'
            when a.event = 'infused_total' then 'total'
            else 'infusion'
        end as kind,
        coalesce('order ' || a.order_id, 'encounter ' || a.encounter_id, 'patient') as order_key,
        coalesce('line ' || a.line_id, 'order ' || a.order_id, 'encounter ' || a.encounter_id, 'patient') as line_key,
        a.line_id is not null as line_known,
        a.route is not null and a.status is not null as certain
    from administration as a
    inner join setting as s on a.product = s.product
    where
        coalesce(a.route, 'iv') = 'iv'
        and coalesce(a.status, 'completed') in ('completed', 'in_progress', 'stopped')
        and a.event <> 'prime'
),

pump_kind as (
    select distinct patient_id, order_key, kind
    from candidate
    where origin = 'pump' and kind in ('bolus', 'infusion', 'pca')
),

charted_day as (
    select distinct patient_id, origin, kind, order_key, order_id, encounter_id, cast(started_at as date) as charted_on
    from candidate
    where kind in ('infusion', 'pca')
),

/* Where one of the two sources names no order (or encounter), what the record may repeat of the pump's within a day; with one choice it does. */
repeated as (
    select
        m.patient_id,
        m.kind,
        p.order_key as pump_key,
        p.charted_on as pump_on,
        m.order_key as mar_key,
        m.charted_on as mar_on,
        m.order_id,
        min(m.order_key) over same_pump = max(m.order_key) over same_pump as is_sole
    from charted_day as p
    inner join charted_day as m
        on m.patient_id = p.patient_id and m.kind = p.kind and m.charted_on between p.charted_on - 1 and p.charted_on + 1
    where
        p.origin = 'pump'
        and m.origin = 'mar'
        and (p.order_id = m.order_id or p.order_id is null or m.order_id is null)
        and (p.order_id = m.order_id or p.encounter_id = m.encounter_id or p.encounter_id is null or m.encounter_id is null)
    window same_pump as (partition by p.patient_id, p.kind, p.order_key, p.charted_on)
),

repeats as (
    select patient_id, kind, mar_key as order_key, mar_on as charted_on, max(is_sole) as is_certain
    from repeated
    where mar_key <> pump_key
    group by patient_id, kind, mar_key, mar_on
),

ordered_by as (
    select patient_id, kind, pump_key as order_key, pump_on as charted_on, min(order_id) as order_id
    from repeated
    where mar_key <> pump_key and is_sole
    group by patient_id, kind, pump_key, pump_on
),

sourced as (
    select
        c.* exclude (order_id, certain),
        coalesce(c.order_id, b.order_id) as order_id,
        c.certain and r.order_key is null as certain,
        p.kind is not null as pump_recorded
    from candidate as c
    left join pump_kind as p on p.patient_id = c.patient_id and p.order_key = c.order_key and p.kind = c.kind
    left join repeats as r
        on
            c.origin = 'mar'
            and r.patient_id = c.patient_id
            and r.kind = c.kind
            and r.order_key = c.order_key
            and r.charted_on = cast(c.started_at as date)
    left join ordered_by as b
        on
            c.origin = 'pump'
            and b.patient_id = c.patient_id
            and b.kind = c.kind
            and b.order_key = c.order_key
            and b.charted_on = cast(c.started_at as date)
    where c.origin = 'pump' or c.kind in ('bolus', 'total') or (p.kind is null and not coalesce(r.is_certain, false))
),

charted as (
    select
        c.ref,
        c.patient_id,
        c.line_key,
        c.started_at,
        c.administration_id,
        case
            when c.concentration is null and not coalesce(list_contains(c.invalid, 'concentration'), false) then null
            when c.concentration * cu.factor between 0.1 and 100 then cast(c.concentration * cu.factor as decimal(18, 12))
            else -1
        end as own_mg_per_ml,
        case
            when c.pump_weight is null and not coalesce(list_contains(c.invalid, 'pump_weight'), false) then null
            when c.pump_weight * wu.factor > 0 and c.pump_weight * wu.factor <= 1000 then c.pump_weight * wu.factor
            else -1
        end as own_pump_kg
    from candidate as c
    left join unit as cu on cu.unit = normal_unit(c.concentration_unit) and cu.dimension = 'concentration'
    left join unit as wu on wu.unit = normal_unit(c.pump_weight_unit) and wu.dimension = 'weight'
    where exists (
        select 1
        from candidate as other
        where
            other.patient_id = c.patient_id
            and other.line_key = c.line_key
            and (other.concentration is not null or other.pump_weight is not null or other.invalid is not null)
    )
),

in_force as (
    select
        ref,
        last_value(own_mg_per_ml ignore nulls) over line_so_far as line_mg_per_ml,
        last_value(own_pump_kg ignore nulls) over line_so_far as line_pump_kg
    from charted
    window line_so_far as (
        partition by patient_id, line_key order by started_at, administration_id rows between unbounded preceding and current row
    )
)

select
    g.ref,
    g.administration_id,
    g.patient_id,
    g.encounter_id,
    g.order_id,
    g.order_key,
    g.line_key,
    g.line_known,
    g.kind,
    g.event,
    g.origin,
    g.pump_recorded,
    g.certain,
    g.started_at,
    coalesce(g.started_at_latest, g.started_at) as started_at_latest,
    g.stopped_at,
    coalesce(g.stopped_at_latest, g.stopped_at) as stopped_at_latest,
    g.recorded_at,
    g.dose,
    g.dose_unit,
    g.rate,
    g.rate_unit,
    g.volume_ml,
    g.delivered_count,
    g.total_dose,
    g.total_dose_unit,
    g.invalid,
    case
        when f.line_mg_per_ml = -1 then null
        when f.line_mg_per_ml is null then o.mg_per_ml
        else least(f.line_mg_per_ml, coalesce(o.mg_per_ml, f.line_mg_per_ml))
    end as mg_per_ml_low,
    case
        when f.line_mg_per_ml = -1 then null
        when f.line_mg_per_ml is null then o.mg_per_ml
        else greatest(f.line_mg_per_ml, coalesce(o.mg_per_ml, f.line_mg_per_ml))
    end as mg_per_ml_high,
    coalesce(f.line_mg_per_ml > 0 and f.line_mg_per_ml <> o.mg_per_ml, false) as concentration_conflict,
    coalesce(f.line_pump_kg > 0, false) as pump_weight_charted,
    case
        when f.line_pump_kg > 0 then cast(down12(f.line_pump_kg) as decimal(18, 12))
        when f.line_pump_kg is null and o.weight_kg_low > 0 and o.weight_kg_high <= 1000 then cast(o.weight_kg_low as decimal(18, 12))
    end as pump_kg_low,
    case
        when f.line_pump_kg > 0 then cast(up12(f.line_pump_kg) as decimal(18, 12))
        when f.line_pump_kg is null and o.weight_kg_low > 0 and o.weight_kg_high <= 1000 then cast(o.weight_kg_high as decimal(18, 12))
    end as pump_kg_high
from sourced as g
left join in_force as f on f.ref = g.ref
left join ordered as o on o.order_id = g.order_id and o.patient_id = g.patient_id
