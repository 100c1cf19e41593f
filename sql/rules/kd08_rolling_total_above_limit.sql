/*
title = "Total in 24 hours above the limit"
family = "dosing"
quantity = "dose in 24 hours per kg"
finding = "Within 24 hours {observed} mg/kg were given; the protocol allows {limit}."
why = "Sessions that follow each other closely can add up to more than a single session may give."
population = "Every session, judged on the largest 24-hour window that ends inside it."
limitations = "Weight is the reference weight of the session in which the window ends."
needs = ["administration", "weight"]
*/
with received as (
    select
        s.patient_id,
        d.started_at,
        d.ended_at,
        d.mg_x3600_low,
        d.mg_x3600_high,
        d.rate_low,
        d.rate_high,
        d.certain_from,
        d.certain_to,
        d.refs,
        s.session_no,
        l.session_no is not null as row_kept_out
    from dose_item as d
    inner join session as s on s.session_no = d.session_no
    cross join setting as t
    left join lost_row as l on l.session_no = s.session_no
    where (t.count_bolus or d.component <> 'bolus') and (t.count_pca or d.component <> 'pca')
),

turn as (
    select patient_id, started_at as moment
    from received
    union
    select patient_id, ended_at
    from received
    where ended_at is not null
    union
    select patient_id, certain_from
    from received
    union
    select patient_id, certain_to
    from received
),

edge as (
    select patient_id, moment
    from turn
    union
    select patient_id, moment + interval 24 hours
    from turn
),

/* The largest amount may lie in a window that ends at an edge, or in the limit of those that end just before it. */
window_end as (
    select
        s.session_no,
        s.patient_id,
        e.moment,
        k.just_before
    from session as s
    inner join (values (false), (true)) as k (just_before) on true
    inner join edge as e
        on
            e.patient_id = s.patient_id
            and (e.moment > s.started_at or (e.moment = s.started_at and not k.just_before))
            and e.moment <= greatest(s.ended_at, coalesce(s.ended_at_high, s.ended_at))
),

inside as (
    select
        w.session_no,
        w.moment,
        w.just_before,
        d.refs,
        d.row_kept_out,
        greatest(d.started_at, w.moment - interval 24 hours) as from_at,
        case when d.ended_at < w.moment then d.ended_at else w.moment end as to_at,
        d.started_at,
        d.ended_at,
        d.mg_x3600_low,
        d.mg_x3600_high,
        d.rate_low,
        d.rate_high,
        greatest(d.certain_from, w.moment - interval 24 hours) as certain_from,
        least(d.certain_to, w.moment) as certain_to
    from window_end as w
    inner join received as d
        on
            d.patient_id = w.patient_id
            and (d.started_at < w.moment or (d.started_at = w.moment and not w.just_before))
            and (
                d.ended_at is null
                or d.ended_at > w.moment - interval 24 hours
                or (d.ended_at = w.moment - interval 24 hours and w.just_before)
            )
),

summed as (
    select
        session_no,
        moment,
        just_before,
        max(row_kept_out) as row_kept_out,
        sum(
            case
                when from_at = started_at and to_at = ended_at then mg_x3600_low
                when rate_low is not null then least(greatest(rate_low * elapsed_s(certain_from, certain_to), 0), mg_x3600_low)
                else 0
            end
        ) as mg_x3600_low,
        case
            when count(mg_x3600_high) = count(*)
                then sum(
                    case
                        when from_at = started_at and to_at = ended_at then mg_x3600_high
                        when rate_high is not null then least(rate_high * elapsed_s(from_at, to_at), mg_x3600_high)
                        else mg_x3600_high
                    end
                )
        end as mg_x3600_high,
        flatten(list(refs)) as refs
    from inside
    group by session_no, moment, just_before
),

largest as (
    select
        session_no,
        max(row_kept_out) as row_kept_out,
        max(mg_x3600_low) as mg_x3600_low,
        case when count(mg_x3600_high) = count(*) then max(mg_x3600_high) end as mg_x3600_high,
        max_by(refs, (coalesce(mg_x3600_high, mg_x3600_low), -epoch_us(moment), just_before)) as refs
    from summed
    group by session_no
),

/* A session of which nothing counts has no window. A row that was kept out, here or in the window, leaves no high bound. */
bounded as (
    select
        s.session_no,
        l.session_no is not null or coalesce(g.row_kept_out, false) as row_kept_out,
        coalesce(g.mg_x3600_low, 0) as mg_x3600_low,
        case
            when l.session_no is not null or g.row_kept_out then null
            when g.session_no is null then 0
            else g.mg_x3600_high
        end as mg_x3600_high,
        coalesce(g.refs, cast([] as bigint [])) as refs
    from session as s
    left join largest as g on g.session_no = s.session_no
    left join lost_row as l on l.session_no = s.session_no
)

select
    s.session_no,
    true as applies,
    over_limit(
        b.mg_x3600_low,
        b.mg_x3600_high,
        r.limit_high * cast(s.weight_kg_low as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)),
        r.comparator
    ) as violates,
    cast(b.mg_x3600_low as double) / nullif(cast(s.weight_kg_high as double), 0) / 3600 as observed_low,
    cast(b.mg_x3600_high as double) / nullif(cast(s.weight_kg_low as double), 0) / 3600 as observed_high,
    b.mg_x3600_low
    <= r.limit_high * cast(s.weight_kg_high as decimal(18, 12)) * cast(3600 as decimal(4, 0)) * cast(1.05 as decimal(3, 2)) as marginal,
    false as below_range,
    case
        when s.weight_kg_low is null then s.weight_reason
        when b.row_kept_out then 'row_kept_out'
        when b.mg_x3600_high is null then 'dose_unknown'
        else 'bounds_straddle_limit'
    end as reason,
    s.flags,
    list_distinct(list_concat(b.refs, s.weight_refs)) as evidence
from session as s
inner join bounded as b on b.session_no = s.session_no
inner join rule as r on r.rule_id = 'KD-08'
