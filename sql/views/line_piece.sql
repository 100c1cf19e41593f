/* Constant-rate pieces of one line, [started_at, ended_at): supersession, pauses, verify rows, and missing stops with bounds.
   A row without a stop runs to the next one of its line; not to one of another encounter that begins longer after its own than a session waits: there the line's name is used again. */
with row_in_line as (
    select
        *,
        lead(started_at) over line_order as next_at,
        lead(started_at_latest) over line_order as next_at_latest,
        lead(refs) over line_order as next_refs,
        lead(encounter_id) over line_order as next_encounter_id,
        lead(starts) over line_order as next_starts,
        lead(case when certain then started_at end ignore nulls) over line_order as next_sure_at,
        lead(case when certain then coalesce(encounter_id, '') end ignore nulls) over line_order as next_sure_encounter_id,
        lead(case when (not starts or line_known) and certain then started_at end ignore nulls) over line_order as next_cut_at,
        case
            when step = 0 or (step = 1 and not certain and mg_per_h_high = 0) then started_at
            when step = 1 then coalesce(stopped_at_latest, timestamp '9999-12-31')
        end as runs_until,
        sum(case when step < 2 and certain then 1 else 0 end) over (
            partition by patient_id, line_key order by started_at, step rows between unbounded preceding and current row
        ) as cut_no
    from rate_row
    window line_order as (partition by patient_id, line_key order by started_at, step)
),

/* Where a row was perhaps not given, what ran before it may run on. A start on a line of unknown identity beside a row with a stop is counted for itself. */
begun as (
    select
        *,
        step < 2
        and (
            certain
            or coalesce(max(runs_until) over earlier <= started_at, true)
            or (starts and not line_known and max(runs_until) over earlier < timestamp '9999-12-31')
        ) as begins
    from row_in_line
    window earlier as (
        partition by patient_id, line_key, cut_no order by started_at, step rows between unbounded preceding and 1 preceding
    )
),

phased as (
    select
        *,
        sum(case when begins then 1 else 0 end) over (
            partition by patient_id, line_key order by started_at, step rows between unbounded preceding and current row
        ) as phase_no
    from begun
),

/* What runs from each row on: what the first row of its phase set, or what any other that may have taken its place set or stopped. */
possible as (
    select
        *,
        sum(case when step < 2 then 1 else 0 end) over so_far > 1 as is_doubtful,
        first_value(step) over so_far as base_step,
        first_value(encounter_id) over so_far as base_encounter_id,
        first_value(order_id) over so_far as base_order_id,
        first_value(charted_under) over so_far as base_charted_under,
        first_value(mg_per_h_low) over so_far as base_low,
        case
            when sum(case when step = 1 and mg_per_h_high is null then 1 else 0 end) over so_far = 0
                then max(case when step = 1 then mg_per_h_high end) over so_far
        end as base_high,
        first_value(mg_per_kg_h) over so_far as base_per_kg,
        first_value(charted_rate) over so_far as base_charted_rate,
        first_value(bag_mg_high) over so_far as base_bag,
        min(case when step = 1 and runs_until > started_at then stopped_at when step < 2 then started_at end) over so_far as first_stop,
        max(runs_until) over so_far as last_stop,
        first_value(stopped_at) over so_far as base_stop,
        first_value(stopped_at_latest) over so_far as base_stop_latest,
        max(case when step = 1 then stop_before_start else false end) over so_far as base_stop_before_start
    from phased
    window so_far as (
        partition by patient_id, line_key, phase_no order by started_at, step rows between unbounded preceding and current row
    )
),

running as (
    select
        patient_id, line_key, line_known, under_several, refs, next_refs, starts, step,
        case when step = 0 then base_encounter_id else encounter_id end as encounter_id,
        case when step = 0 then base_order_id else order_id end as order_id,
        case when step = 0 then base_charted_under else charted_under end as charted_under,
        certain and not is_doubtful as certain,
        started_at, started_at_latest, next_at, next_at_latest, next_starts, next_cut_at, next_encounter_id, next_sure_at,
        nullif(next_sure_encounter_id, '') as next_sure_encounter_id,
        case when is_doubtful then first_stop else base_stop end as stopped_at,
        case when is_doubtful then nullif(last_stop, timestamp '9999-12-31') else base_stop_latest end as stopped_at_latest,
        base_stop_before_start as stop_before_start,
        case when not is_doubtful then base_bag end as bag_mg_high,
        row_count > 1 and (step = 1 and mg_per_h_low is distinct from mg_per_h_high) as simultaneous_rows,
        step = 2 and coalesce(mg_per_h_low <> base_low or mg_per_h_high <> base_high, false) as verify_differs,
        case
            when is_doubtful then 0
            when step = 1 then mg_per_h_low
            when base_low is not null then least(base_low, coalesce(mg_per_h_low, base_low))
        end as mg_per_h_low,
        case
            when step < 2 then base_high
            when base_high is not null then greatest(base_high, coalesce(mg_per_h_high, base_high))
        end as mg_per_h_high,
        case when certain and not is_doubtful then base_per_kg end as mg_per_kg_h,
        case when not is_doubtful then base_charted_rate end as charted_rate,
        unit_unknown, unit_missing, rate_missing and step = 1 as rate_missing, concentration_missing, concentration_conflict, pump_weight_assumed
    from possible
    where
        base_step = 1
        and (
            step = 1
            or (step = 0 and is_doubtful)
            or (step = 2 and coalesce(case when is_doubtful then last_stop else base_stop end > started_at, true))
        )
),

bounded as (
    select
        r.*,
        case
            when
                r.stopped_at_latest is not null
                or coalesce(r.encounter_id = r.next_encounter_id, true)
                or epoch_us(r.next_at) - epoch_us(greatest(r.started_at, e.ended_at)) <= as_us(s.session_gap_min)
                then r.next_at
        end as cut_at,
        coalesce(
            r.next_sure_at is not null
            and (
                coalesce(r.encounter_id = r.next_sure_encounter_id, true)
                or epoch_us(r.next_sure_at) - epoch_us(greatest(r.started_at, e.ended_at)) <= as_us(s.session_gap_min)
            ),
            false
        ) as is_surely_followed,
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
        not stop_before_start and stopped_at_latest is null and (cut_at is null or not is_surely_followed) as stop_missing,
        case
            when stop_before_start then started_at
            when stopped_at_latest is null and (cut_at is null or not is_surely_followed) then started_at_latest
            when line_known or next_unknown_line_at is null then least(stopped_at, cut_at)
            else least(stopped_at, cut_at, next_unknown_line_at)
        end as ended_at,
        case
            when stop_before_start then least(encounter_ended_at, next_at_latest)
            when stopped_at_latest is null and (cut_at is null or not is_surely_followed)
                then least(encounter_ended_at, next_at_latest, bag_ended_at)
            when line_known or stopped_at_latest is null or not next_starts then least(stopped_at_latest, next_at_latest)
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
