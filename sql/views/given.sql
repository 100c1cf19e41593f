/* Administration rows that may have delivered the protocol's product intravenously: scope, source precedence, the concentration and the pump weight in force on the line. */
with candidate as (
    select
        a.*,
        cast(a.file_id as bigint) * 4294967296 + a.line as ref,
        case when list_contains(a.invalid, 'source') then 'unreadable' else coalesce(a.source, 'mar') end as origin,
        case
            when a.event = 'bolus' then 'bolus'
            when a.event in ('pca_demand', 'pca_total') then 'pca'
            when a.event = 'infused_total' then 'total'
            else 'infusion'
        end as kind,
        a.event = 'bolus'
        or (
            a.event = 'infusion'
            and coalesce(a.started_at = a.stopped_at, false)
            and (a.dose is not null or coalesce(list_contains(a.invalid, 'dose'), false))
        ) as is_push,
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

pushed_by_pump as (
    select distinct patient_id, order_key
    from candidate
    where origin = 'pump' and is_push
),

/* What a source charted of infusion and PCA. The record's reading of a line on which the pump ran nothing is what the record says of the infusion; a pump's is the pump's last word. */
charting as (
    select
        * exclude (kind),
        case when kind = 'total' then 'infusion' else kind end as kind
    from candidate as c
    where
        kind in ('infusion', 'pca') and not is_push
        or (
            kind = 'total'
            and origin = 'mar'
            and not exists (
                select 1
                from candidate as p
                where p.patient_id = c.patient_id and p.line_key = c.line_key and p.origin = 'pump' and p.kind = 'infusion'
            )
        )
),

/* Where pump and record both charted a kind, how long each row may have run: to its stop, else to the next row of its line, else for the gap of a session. */
both_charted as (
    select
        patient_id,
        kind
    from charting
    group by patient_id, kind
    having min(origin) < max(origin)
),

extent as (
    select
        c.ref,
        c.patient_id,
        c.origin,
        c.kind,
        c.order_key,
        c.order_id,
        case when c.event not in ('rate_verify', 'pause', 'stop') then c.certain end as delivers,
        coalesce(c.encounter_id, '') as encounter_key,
        c.event not in ('rate_verify', 'pause', 'stop') as is_delivery,
        c.started_at,
        greatest(
            c.started_at,
            coalesce(
                c.stopped_at_latest,
                c.stopped_at,
                case
                    when c.event in ('pause', 'stop', 'infused_total') then c.started_at
                    else min(case when c.event <> 'infused_total' then c.started_at end) over (
                        partition by c.patient_id, c.kind, c.origin, c.line_key
                        order by c.started_at
                        range between interval 1 microsecond following and unbounded following
                    )
                end,
                c.started_at + to_microseconds(cast(as_us(s.session_gap_min) as bigint))
            )
        ) as ended_at
    from charting as c
    inner join both_charted as b on b.patient_id = c.patient_id and b.kind = c.kind
    cross join setting as s
),

reached as (
    select
        *,
        max(ended_at) over (
            partition by patient_id, kind, origin, order_key, encounter_key
            order by started_at, ref
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from extent
),

numbered as (
    select
        r.*,
        count_if(r.reached_at is null or epoch_us(r.started_at) - epoch_us(r.reached_at) > as_us(s.session_gap_min)) over (
            partition by r.patient_id, r.kind, r.origin, r.order_key, r.encounter_key
            order by r.started_at, r.ref
            rows between unbounded preceding and current row
        ) as stretch_no
    from reached as r
    cross join setting as s
),

stretch as (
    select
        patient_id,
        kind,
        origin,
        order_key,
        encounter_key,
        stretch_no,
        any_value(order_id) as order_id,
        max(is_delivery) as has_delivery,
        coalesce(bool_or(delivers), true) as delivers,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from numbered
    group by patient_id, kind, origin, order_key, encounter_key, stretch_no
),

/* What of the record stands beside a pump's stretch, with no more than the gap of a session between them, and is of the same order or encounter, or of one that
   either does not name. A pump that only verified, paused or stopped recorded no delivery that the record could repeat. A source that cannot be read may be either. */
beside as (
    select
        p.origin as pump_origin,
        p.order_key as pump_key,
        p.encounter_key as pump_encounter,
        p.stretch_no as pump_no,
        m.patient_id,
        m.kind,
        m.origin,
        m.order_key,
        m.encounter_key,
        m.stretch_no,
        m.order_id,
        p.delivers,
        m.started_at <= p.ended_at and p.started_at <= m.ended_at as is_simultaneous
    from stretch as p
    inner join stretch as m on m.patient_id = p.patient_id and m.kind = p.kind
    cross join setting as s
    where
        p.origin <> 'mar'
        and p.has_delivery
        and m.origin <> 'pump'
        and m.origin <> p.origin
        and (
            p.order_id = m.order_id
            or ((p.order_id is null or m.order_id is null) and (p.encounter_key = m.encounter_key or '' in (p.encounter_key, m.encounter_key)))
        )
        and epoch_us(m.started_at) - epoch_us(p.ended_at) <= as_us(s.session_gap_min)
        and epoch_us(p.started_at) - epoch_us(m.ended_at) <= as_us(s.session_gap_min)
),

/* What is of the same order repeats the pump's. Else what overlaps it may, or what is beside it where nothing overlaps; the only order that overlaps it does. */
repeated as (
    select
        *,
        is_simultaneous
        and min(order_key) filter (where is_simultaneous) over same_pump = max(order_key) filter (where is_simultaneous) over same_pump as is_sole
    from beside
    window same_pump as (partition by patient_id, kind, pump_origin, pump_key, pump_encounter, pump_no)
    qualify order_key = pump_key or is_simultaneous or not max(is_simultaneous) over same_pump
),

/* A row of the record that repeats the pump's, or may (also where it is not certain that the pump gave anything); a row of the pump's with the order that the record names. */
repeats as (
    select
        n.ref,
        max(r.delivers and (r.is_sole or r.order_key = r.pump_key) and 'unreadable' not in (r.pump_origin, r.origin)) as is_certain
    from repeated as r
    inner join numbered as n
        on
            n.origin = r.origin
            and n.patient_id = r.patient_id
            and n.kind = r.kind
            and n.order_key = r.order_key
            and n.encounter_key = r.encounter_key
            and n.stretch_no = r.stretch_no
    group by n.ref
),

ordered_by as (
    select
        n.ref,
        min(r.order_id) as order_id
    from repeated as r
    inner join numbered as n
        on
            n.origin = r.pump_origin
            and n.patient_id = r.patient_id
            and n.kind = r.kind
            and n.order_key = r.pump_key
            and n.encounter_key = r.pump_encounter
            and n.stretch_no = r.pump_no
    where r.is_sole and n.order_id is null and r.pump_origin = 'pump'
    group by n.ref
),

sourced as (
    select
        c.* exclude (order_id, certain),
        coalesce(c.order_id, b.order_id) as order_id,
        c.certain and r.ref is null as certain,
        c.is_push and p.order_key is not null as pump_recorded
    from candidate as c
    left join pushed_by_pump as p on p.patient_id = c.patient_id and p.order_key = c.order_key
    left join repeats as r on r.ref = c.ref
    left join ordered_by as b on b.ref = c.ref
    where not coalesce(r.is_certain, false)
),

charted as (
    select
        c.ref,
        c.patient_id,
        c.line_key,
        c.started_at,
        c.administration_id,
        c.is_push,
        c.is_push or c.kind = 'total' as is_of_either,
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

/* A syringe that is pushed through a line says nothing about the bag that runs on it. A push or a pump's reading that charts no concentration may be of either. */
carried as (
    select
        ref,
        own_mg_per_ml,
        is_of_either,
        last_value(case when not is_push then own_mg_per_ml end ignore nulls) over line_so_far as bag_mg_per_ml,
        last_value(case when is_push then own_mg_per_ml end ignore nulls) over line_so_far as pushed_mg_per_ml,
        last_value(own_pump_kg ignore nulls) over line_so_far as line_pump_kg
    from charted
    window line_so_far as (
        partition by patient_id, line_key order by started_at, administration_id rows between unbounded preceding and current row
    )
),

in_force as (
    select
        ref,
        coalesce(own_mg_per_ml, case when is_of_either then least(bag_mg_per_ml, pushed_mg_per_ml) else bag_mg_per_ml end) as line_mg_per_ml,
        coalesce(own_mg_per_ml, case when is_of_either then greatest(bag_mg_per_ml, pushed_mg_per_ml) else bag_mg_per_ml end) as line_mg_per_ml_high,
        line_pump_kg
    from carried
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
    g.is_push,
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
        else greatest(f.line_mg_per_ml_high, coalesce(o.mg_per_ml, f.line_mg_per_ml_high))
    end as mg_per_ml_high,
    coalesce(f.line_mg_per_ml > 0 and (f.line_mg_per_ml < f.line_mg_per_ml_high or f.line_mg_per_ml <> o.mg_per_ml), false) as concentration_conflict,
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
