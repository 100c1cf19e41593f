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

sourced as (
    select
        c.*,
        p.kind is not null as pump_recorded
    from candidate as c
    left join pump_kind as p on p.patient_id = c.patient_id and p.order_key = c.order_key and p.kind = c.kind
    where c.origin = 'pump' or c.kind in ('bolus', 'total') or p.kind is null
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
