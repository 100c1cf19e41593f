/* Boluses given as pushes, and infusion rows of no length with an amount, whatever rate they chart. A push charted by MAR and pump within 2 min is one push. */
with push as (
    select *
    from charted_dose
    where is_push
),

pairing as (
    select
        mar.ref as mar_ref,
        mar.order_id,
        pump.ref as pump_ref,
        row_number() over (
            partition by mar.ref
            order by abs(epoch_us(pump.started_at) - epoch_us(mar.started_at)), pump.started_at, pump.administration_id
        ) as mar_choice,
        row_number() over (
            partition by pump.ref
            order by abs(epoch_us(pump.started_at) - epoch_us(mar.started_at)), mar.started_at, mar.administration_id
        ) as pump_choice
    from push as mar
    inner join push as pump
        on
            pump.patient_id = mar.patient_id
            and pump.origin = 'pump'
            and mar.origin = 'mar'
            and pump.mg_low = mar.mg_low
            and pump.mg_high = mar.mg_high
    where
        (pump.order_id = mar.order_id or pump.order_id is null or mar.order_id is null)
        and abs(epoch_us(pump.started_at) - epoch_us(mar.started_at)) <= 120000000
)

select
    p.ref,
    p.administration_id,
    p.patient_id,
    p.encounter_id,
    coalesce(p.order_id, w.order_id) as order_id,
    p.order_key,
    p.line_key,
    p.event,
    p.certain,
    p.started_at,
    p.started_at_latest,
    greatest(p.started_at_latest, p.stopped_at_latest) as ended_at,
    p.started_at = p.started_at_latest and coalesce(p.stopped_at = p.stopped_at_latest, true) as time_certain,
    case when p.certain then p.mg_low when p.mg_low is not null then 0 end as mg_low,
    p.mg_high,
    p.unit_unknown,
    p.unit_missing,
    p.concentration_missing,
    p.concentration_conflicts as concentration_conflict,
    p.pump_weight_assumed,
    p.origin = 'mar' and p.pump_recorded as source_conflict
from push as p
left join pairing as t on t.mar_ref = p.ref and t.mar_choice = 1 and t.pump_choice = 1
left join pairing as w on w.pump_ref = p.ref and w.mar_choice = 1 and w.pump_choice = 1
where t.mar_ref is null and coalesce(p.mg_high, 1) > 0
