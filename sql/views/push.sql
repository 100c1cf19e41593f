/* Boluses given as pushes, and infusion rows of no length with an amount, whatever rate they chart. A push charted by MAR and pump within 2 min is one push, certainly given where either says so for certain. */
with recursive push as (
    select *
    from charted_dose
    where is_push
),

/* Each push of the record with the pump's that may be the same. */
likeness as (
    select
        mar.ref,
        mar.patient_id,
        mar.mg_low,
        mar.mg_high,
        mar.started_at,
        mar.administration_id,
        list(pump.ref order by pump.started_at, pump.administration_id) as pump_refs
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
    group by mar.ref, mar.patient_id, mar.mg_low, mar.mg_high, mar.started_at, mar.administration_id
),

/* Pushes of the record more than twice two minutes apart can have no push of the pump's in common. */
parted as (
    select
        *,
        coalesce(epoch_us(started_at) - epoch_us(lag(started_at) over in_time) > 240000000, true) as begins_run
    from likeness
    window in_time as (partition by patient_id, mg_low, mg_high order by started_at, administration_id)
),

run as (
    select
        *,
        count_if(begins_run) over (
            partition by patient_id, mg_low, mg_high order by started_at, administration_id rows between unbounded preceding and current row
        ) as run_no
    from parted
),

turn as (
    select
        ref,
        pump_refs,
        first_value(ref) over in_run as run_ref,
        row_number() over in_run as turn_no
    from run
    window in_run as (partition by patient_id, mg_low, mg_high, run_no order by started_at, administration_id)
),

/* In the order of time each takes the first of the pump's that is left: among pushes of one order nothing makes more pairs. */
matched as (
    select
        run_ref,
        turn_no,
        ref,
        [pump_refs[1]] as taken
    from turn
    where turn_no = 1
    union all
    select
        n.run_ref,
        n.turn_no,
        n.ref,
        list_append(m.taken, list_filter(n.pump_refs, lambda pump_ref: not list_contains(m.taken, pump_ref))[1]) as taken
    from matched as m
    inner join turn as n on n.run_ref = m.run_ref and n.turn_no = m.turn_no + 1
),

pair as (
    select
        m.taken[m.turn_no] as pump_ref,
        mar.ref as mar_ref,
        mar.order_id,
        mar.certain
    from matched as m
    inner join push as mar on mar.ref = m.ref
    where m.taken[m.turn_no] is not null
),

/* A push whose source cannot be read, and that may be the same as another, adds between nothing and all. */
doubtful as (
    select distinct p.ref
    from push as p
    inner join push as other
        on
            other.patient_id = p.patient_id
            and other.mg_low = p.mg_low
            and other.mg_high = p.mg_high
    where
        p.origin = 'unreadable'
        and (other.origin <> 'unreadable' or other.ref < p.ref)
        and (other.order_id = p.order_id or other.order_id is null or p.order_id is null)
        and abs(epoch_us(other.started_at) - epoch_us(p.started_at)) <= 120000000
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
    (p.certain or coalesce(w.certain, false)) and d.ref is null as certain,
    p.started_at,
    p.started_at_latest,
    greatest(p.started_at_latest, p.stopped_at_latest) as ended_at,
    p.started_at = p.started_at_latest and coalesce(p.stopped_at = p.stopped_at_latest, true) as time_certain,
    case when (p.certain or w.certain) and d.ref is null then p.mg_low when p.mg_low is not null then 0 end as mg_low,
    p.mg_high,
    p.unit_unknown,
    p.unit_missing,
    p.concentration_missing,
    p.concentration_conflicts as concentration_conflict,
    p.pump_weight_assumed,
    p.origin = 'mar' and p.pump_recorded as source_conflict
from push as p
left join pair as t on t.mar_ref = p.ref
left join pair as w on w.pump_ref = p.ref
left join doubtful as d on d.ref = p.ref
where t.mar_ref is null and coalesce(p.mg_high, 1) > 0
