/* The rate of maintenance infusion over a session: all lines summed, constant between steps, touching steps of equal rate merged.
   What may have been a bolus is left out in one reading and counted in another; a session without any has one reading.
   A line whose end is not known ran at its start for certain: then and while it is proven it counts in low_at_start (of a highest rate) and high_if_proven (of a lowest one). */
with reading as (
    select session_no, false as with_perhaps_bolus
    from infusion
    union
    select session_no, true
    from infusion
    where is_bolus is null
),

maintenance as (
    select
        i.*,
        p.with_perhaps_bolus,
        w.kg_low as weight_kg_low,
        w.kg_high as weight_kg_high,
        case
            when i.per_kg_only then down12(i.mg_per_kg_h * cast(w.kg_low as decimal(18, 12)))
            else i.mg_per_h_low
        end as rate_low,
        case
            when i.per_kg_only then up12(i.mg_per_kg_h * cast(w.kg_high as decimal(18, 12)))
            else i.mg_per_h_high
        end as rate_high
    from infusion as i
    inner join weight as w on w.session_no = i.session_no
    inner join reading as p on p.session_no = i.session_no
    where not coalesce(i.is_bolus, not p.with_perhaps_bolus)
),

point as (
    select session_no, with_perhaps_bolus, started_at as moment
    from maintenance
    union
    select session_no, with_perhaps_bolus, ended_at
    from maintenance
    where ended_at > started_at
    union
    select session_no, with_perhaps_bolus, ended_at_high
    from maintenance
    where ended_at_high is not null
),

interval_between as (
    select
        session_no,
        with_perhaps_bolus,
        moment as started_at,
        lead(moment) over (partition by session_no, with_perhaps_bolus order by moment) as ended_at
    from point
),

/* What runs in each step: for certain (is_proven), or at its start and then nobody knows how long (may_run holds both). */
held as (
    select
        m.*,
        b.started_at as step_from,
        b.ended_at as step_to,
        b.started_at < m.ended_at as is_proven,
        b.started_at < m.ended_at or (m.end_uncertain and m.started_at = b.started_at) as may_run
    from interval_between as b
    inner join maintenance as m
        on
            m.session_no = b.session_no
            and m.with_perhaps_bolus = b.with_perhaps_bolus
            and m.started_at <= b.started_at
            and coalesce(m.ended_at_high > b.started_at, true)
),

summed as (
    select
        session_no,
        with_perhaps_bolus,
        step_from as started_at,
        step_to as ended_at,
        count(*) as lines,
        min(per_kg_only) as as_charted,
        any_value(weight_kg_low) as kg_low,
        any_value(weight_kg_high) as kg_high,
        sum(case when is_proven then rate_low end) as certain_low,
        min(rate_low) as lowest_low,
        sum(rate_high) as sum_high,
        count(rate_low) = count(*) and count(rate_high) = count(*) as known,
        sum(case when is_proven then mg_per_kg_h end) as charted_certain,
        sum(rate_high) filter (where may_run) as proven_high,
        count(*) filter (where may_run)
        = count(rate_high) filter (where may_run) as proven_known,
        sum(mg_per_kg_h) filter (where may_run) as charted_proven,
        sum(rate_low) filter (where may_run) as proven_low,
        min(mg_per_kg_h) as charted_lowest,
        sum(mg_per_kg_h) as charted_sum,
        flatten(list(refs order by started_at, line_key)) as refs,
        max(certain) as certain,
        max(per_kg_only) as any_per_kg_only,
        max(unit_unknown or unit_missing) as unit_unknown,
        max(rate_missing) as rate_missing,
        max(concentration_missing) as concentration_missing,
        max(concentration_conflict) as concentration_conflict,
        max(pump_weight_assumed) as pump_weight_assumed,
        max(mg_per_h_high is null and mg_per_kg_h is not null) as judged_as_charted,
        max(line_unknown) as line_unknown,
        max(verify_differs) as verify_differs,
        max(simultaneous_rows) as simultaneous_rows,
        max(superseded) as superseded,
        max(stop_missing) as stop_missing
    from held
    group by session_no, with_perhaps_bolus, step_from, step_to
),

/* A rate charted per kg without a pump weight is judged as charted: the weight that it is compared with cancels out,
   so the product keeps all its decimals. */
valued as (
    select
        *,
        case
            when as_charted
                then cast(coalesce(charted_certain, charted_lowest) * coalesce(cast(kg_high as decimal(18, 12)), 1) as decimal(38, 18))
            when kg_low is null then 0
            else cast(coalesce(certain_low, case when known then lowest_low end, 0) as decimal(38, 18))
        end as low,
        case
            when as_charted then cast(charted_sum * coalesce(cast(kg_low as decimal(18, 12)), 1) as decimal(38, 18))
            when known and kg_low is not null then cast(sum_high as decimal(38, 18))
        end as high,
        case
            when as_charted
                then cast(coalesce(charted_proven, charted_lowest) * coalesce(cast(kg_high as decimal(18, 12)), 1) as decimal(38, 18))
            when kg_low is null then 0
            else cast(coalesce(proven_low, case when known then lowest_low end, 0) as decimal(38, 18))
        end as low_at_start,
        case
            when as_charted then cast(charted_proven * coalesce(cast(kg_low as decimal(18, 12)), 1) as decimal(38, 18))
            when proven_known and kg_low is not null then cast(proven_high as decimal(38, 18))
        end as high_if_proven
    from summed
),

broken as (
    select
        *,
        case
            when
                lag(ended_at) over step_order = started_at
                and lag(coalesce(certain_low, lowest_low)) over step_order is not distinct from coalesce(certain_low, lowest_low)
                and lag(sum_high) over step_order is not distinct from sum_high
                and lag(charted_sum) over step_order is not distinct from charted_sum
                then 0
            else 1
        end as breaks
    from valued
    window step_order as (partition by session_no, with_perhaps_bolus order by started_at)
),

numbered as (
    select
        *,
        sum(breaks) over (
            partition by session_no, with_perhaps_bolus order by started_at rows between unbounded preceding and current row
        ) as step_no
    from broken
)

select
    session_no,
    with_perhaps_bolus,
    cast(step_no as integer) as step_no,
    min(started_at) as started_at,
    case when count(ended_at) = count(*) then max(ended_at) end as ended_at,
    min(low) as low,
    case when count(high) = count(*) then max(high) end as high,
    max(low_at_start) as low_at_start,
    max(high_if_proven) as high_if_proven,
    max(lines) as lines,
    list_distinct(flatten(list(refs))) as refs,
    max(certain) as certain,
    max(any_per_kg_only) as any_per_kg_only,
    max(as_charted) as as_charted,
    max(unit_unknown) as unit_unknown,
    max(rate_missing) as rate_missing,
    max(concentration_missing) as concentration_missing,
    max(concentration_conflict) as concentration_conflict,
    max(pump_weight_assumed) as pump_weight_assumed,
    max(judged_as_charted) as judged_as_charted,
    max(line_unknown) as line_unknown,
    max(verify_differs) as verify_differs,
    max(simultaneous_rows) as simultaneous_rows,
    max(superseded) as superseded,
    max(stop_missing) as stop_missing
from numbered
group by session_no, with_perhaps_bolus, step_no
