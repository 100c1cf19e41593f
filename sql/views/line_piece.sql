/* Constant-rate pieces of one line, [started_at, ended_at): supersession, pauses, verify rows, and missing stops with bounds.
   A row without a stop runs to the next one of its line; not to one of another encounter that begins longer after its own than a session waits: there the line's name is used again. */
with row_in_line as (
    select
        r.*,
        lead(started_at) over line_order as next_at,
        lead(started_at_latest) over line_order as next_at_latest,
        lead(refs) over line_order as next_refs,
        lead(encounter_id) over line_order as next_encounter_id,
        lead(case when not starts or line_known then started_at end ignore nulls) over line_order as next_cut_at,
        last_value(case when step < 2 then step end ignore nulls) over line_so_far as base_step,
        last_value(case when step < 2 then mg_per_h_low is not null end ignore nulls) over line_so_far as base_known,
        last_value(case when step < 2 then coalesce(mg_per_h_low, -1) end ignore nulls) over line_so_far as base_low,
        last_value(case when step < 2 then coalesce(mg_per_h_high, -1) end ignore nulls) over line_so_far as base_high,
        last_value(case when step < 2 then coalesce(mg_per_kg_h, -1) end ignore nulls) over line_so_far as base_per_kg,
        last_value(case when step < 2 then coalesce(charted_rate, '') end ignore nulls) over line_so_far as base_charted_rate,
        last_value(case when step < 2 then coalesce(bag_mg_high, -1) end ignore nulls) over line_so_far as base_bag,
        last_value(case when step < 2 then coalesce(stopped_at, timestamp '9999-12-31') end ignore nulls) over line_so_far as base_stop,
        last_value(
            case when step < 2 then coalesce(stopped_at_latest, timestamp '9999-12-31') end ignore nulls
        ) over line_so_far as base_stop_latest,
        last_value(case when step < 2 then stop_before_start end ignore nulls) over line_so_far as base_stop_before_start
    from rate_row as r
    window
        line_order as (partition by patient_id, line_key order by started_at, step),
        line_so_far as (
            partition by patient_id, line_key order by started_at, step rows between unbounded preceding and current row
        )
),

running as (
    select
        patient_id, line_key, line_known, encounter_id, order_id, charted_under, under_several, refs, next_refs, starts, step, certain,
        started_at, started_at_latest, next_at, next_at_latest, next_cut_at,
        coalesce(encounter_id = next_encounter_id, true) as next_is_same_encounter,
        nullif(base_stop, timestamp '9999-12-31') as stopped_at,
        nullif(base_stop_latest, timestamp '9999-12-31') as stopped_at_latest,
        base_stop_before_start as stop_before_start,
        nullif(base_bag, -1) as bag_mg_high,
        row_count > 1 and (step = 1 and mg_per_h_low is distinct from mg_per_h_high) as simultaneous_rows,
        step = 2 and coalesce(mg_per_h_low <> base_low or mg_per_h_high <> base_high, false) as verify_differs,
        case
            when step = 1 then mg_per_h_low
            when base_low >= 0 then least(base_low, coalesce(mg_per_h_low, base_low))
        end as mg_per_h_low,
        case
            when step = 1 then mg_per_h_high
            when base_high >= 0 then greatest(base_high, coalesce(mg_per_h_high, base_high))
        end as mg_per_h_high,
        nullif(base_per_kg, -1) as mg_per_kg_h,
        nullif(base_charted_rate, '') as charted_rate,
        unit_unknown, unit_missing, rate_missing and step = 1 as rate_missing, concentration_missing, concentration_conflict, pump_weight_assumed
    from row_in_line
    where base_step = 1 and (step = 1 or (step = 2 and base_stop > started_at))
),

bounded as (
    select
        r.*,
        case
            when
                r.stopped_at is not null
                or r.next_is_same_encounter
                or epoch_us(r.next_at) - epoch_us(greatest(r.started_at, e.ended_at)) <= as_us(s.session_gap_min)
                then r.next_at
        end as cut_at,
        min(case when r.starts and not r.line_known then r.mg_per_h_low end) over (
            partition by r.patient_id, r.started_at, r.starts and not r.line_known
        ) as lowest_of_a_tie,
        min(case when r.starts and not r.line_known then r.started_at end) over (
            partition by r.patient_id order by r.started_at, r.line_key rows between 1 following and unbounded following
        ) as next_unknown_line_at,
        case when e.ended_at >= r.started_at then e.ended_at end as encounter_ended_at,
        case
            when r.mg_per_h_low > 0
                then r.started_at_latest + to_microseconds(cast(r.bag_mg_high / r.mg_per_h_low * 3600000000.0 as bigint))
        end as bag_ended_at
    from running as r
    cross join setting as s
    left join encounter as e on e.encounter_id = r.encounter_id and e.patient_id = r.patient_id
),

ended as (
    select
        b.*,
        coalesce(not stop_before_start and stopped_at is null and cut_at is null, true) as stop_missing,
        case
            when stop_before_start then started_at
            when stopped_at is null and cut_at is null then started_at_latest
            when line_known or next_unknown_line_at is null then least(stopped_at, cut_at)
            else least(stopped_at, cut_at, next_unknown_line_at)
        end as ended_at,
        case
            when stop_before_start then least(encounter_ended_at, next_at_latest)
            when stopped_at is null and cut_at is null
                then least(encounter_ended_at, next_at_latest, bag_ended_at)
            when line_known or stopped_at is null then least(stopped_at_latest, next_at_latest)
            else least(stopped_at_latest, next_cut_at)
        end as ended_at_high
    from bounded as b
),

piece as (
    select
        *,
        case
            when
                lag(ended_at) over line_order = started_at
                and lag(ended_at_high) over line_order = started_at
                and (
                    (lag(mg_per_h_low) over line_order = mg_per_h_low and lag(mg_per_h_high) over line_order = mg_per_h_high)
                    or (
                        lag(mg_per_h_high) over line_order is null
                        and mg_per_h_high is null
                        and lag(charted_rate) over line_order = charted_rate
                    )
                )
                and lag(certain) over line_order = certain
                and started_at = started_at_latest
                and not (stop_missing and bag_mg_high is not null)
                then 0
            else 1
        end as breaks
    from ended
    window line_order as (partition by patient_id, line_key order by started_at, step)
),

numbered as (
    select
        *,
        cast(
            sum(breaks) over (partition by patient_id, line_key order by started_at, step rows between unbounded preceding and current row)
            as bigint
        ) as piece_no
    from piece
)

select
    patient_id,
    line_key,
    piece_no,
    min(line_known) as line_known,
    min_by(encounter_id, (started_at, step)) as encounter_id,
    min_by(order_id, (started_at, step)) as order_id,
    max(under_several) or min(charted_under) <> max(charted_under) as under_several,
    flatten(
        list(
            case when cut_at is not null and (stopped_at is null or cut_at <= stopped_at) then list_concat(refs, next_refs) else refs end
            order by started_at, step
        )
    ) as refs,
    min(certain) as certain,
    min(started_at) as started_at,
    min(started_at_latest) as started_at_latest,
    greatest(max(ended_at), min(started_at)) as ended_at,
    case when count(ended_at_high) = count(*) then greatest(max(ended_at_high), max(ended_at)) end as ended_at_high,
    max(stop_missing) as stop_missing,
    max(stop_before_start) as stop_before_start,
    max(stop_missing or stop_before_start) as end_uncertain,
    min(case when starts and not line_known and mg_per_h_low is not null then lowest_of_a_tie else mg_per_h_low end) as mg_per_h_low,
    min(mg_per_h_high) as mg_per_h_high,
    min(mg_per_kg_h) as mg_per_kg_h,
    max(case when stop_missing then bag_mg_high end) as bag_mg_high,
    max(case when stop_missing then next_at end) as next_at,
    max(case when stop_missing then encounter_ended_at end) as encounter_ended_at,
    max(case when stop_missing then bag_ended_at end) as bag_ended_at,
    max(unit_unknown) as unit_unknown,
    max(unit_missing) as unit_missing,
    max(rate_missing) as rate_missing,
    max(concentration_missing) as concentration_missing,
    max(concentration_conflict) as concentration_conflict,
    max(pump_weight_assumed) as pump_weight_assumed,
    max(simultaneous_rows) as simultaneous_rows,
    max(verify_differs) as verify_differs,
    max(not line_known and ended_at_high > ended_at and not stop_missing and not stop_before_start) as line_unknown,
    max(coalesce(stopped_at > cut_at, false)) as superseded
from numbered
group by patient_id, line_key, piece_no
