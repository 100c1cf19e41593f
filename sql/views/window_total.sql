/* The largest amount in any window of a length that ends inside each session, as bounds in mg x 3600. Windows are half-open, and also judged in the limit just before their end. */
with timed as (
    select
        *,
        /* Evenly given: not capped by what the bag held, but for the rounding of an end to the microsecond. */
        coalesce(rate_high * elapsed_s(started_at, ended_at) <= mg_x3600_high + rate_high * cast(0.001 as decimal(4, 3)), false) as is_even_high
    from counted_dose
),

received as (
    select
        s.patient_id,
        d.session_no,
        d.started_at,
        d.ended_at,
        d.mg_x3600_low,
        d.mg_x3600_high,
        d.rate_low,
        case when d.is_even_high then d.rate_high end as rate_high,
        d.rate_low is not null and d.is_even_high as is_even,
        d.certain_from,
        d.certain_to,
        d.refs,
        l.session_no is not null as row_kept_out
    from timed as d
    inner join session as s on s.session_no = d.session_no
    left join lost_row as l on l.session_no = s.session_no
),

extent as (
    select
        patient_id,
        session_no,
        min(started_at) as started_at,
        case when count(ended_at) = count(*) then max(ended_at) end as ended_at,
        sum(mg_x3600_low) as mg_x3600_low,
        case when count(mg_x3600_high) = count(*) then sum(mg_x3600_high) end as mg_x3600_high,
        max(row_kept_out) as row_kept_out
    from received
    group by patient_id, session_no
),

asked as (
    select
        s.session_no,
        s.patient_id,
        w.window_h,
        s.started_at,
        greatest(s.ended_at, coalesce(s.ended_at_high, s.ended_at)) as ended_at
    from session as s
    cross join window_length as w
),

/* The sessions of the patient that a window may reach. */
near as (
    select
        a.session_no,
        a.window_h,
        a.started_at,
        a.ended_at,
        o.session_no as other_no
    from asked as a
    inner join extent as o on o.patient_id = a.patient_id
    where o.started_at <= a.ended_at and coalesce(o.ended_at >= a.started_at - a.window_h * interval 1 hour, true)
),

/* Where no window reaches another session, one that holds all of this session is the largest: it need not be searched for. */
whole as (
    select
        a.session_no,
        a.window_h,
        e.row_kept_out,
        e.mg_x3600_low,
        e.mg_x3600_high
    from asked as a
    inner join extent as e on e.session_no = a.session_no
    where
        e.started_at >= a.started_at
        and e.ended_at <= a.ended_at
        and e.started_at > a.ended_at - a.window_h * interval 1 hour
        and not exists (
            select 1
            from near as n
            where n.session_no = a.session_no and n.window_h = a.window_h and n.other_no <> n.session_no
        )
),

searched as (
    select
        n.session_no,
        n.window_h,
        n.started_at,
        n.ended_at,
        n.other_no
    from near as n
    left join whole as w on w.session_no = n.session_no and w.window_h = n.window_h
    where w.session_no is null
),

/* Where the amount in a window can be largest: where a delivery ends, or where its beginning is about to leave the window. An amount given at one moment, or at
   unknown moments, also counts where it begins and in the limit just before it leaves. */
turn as (
    select session_no, ended_at as moment, false as leaves, false as just_before
    from received
    union all
    select session_no, certain_to, false, false
    from received
    union all
    select session_no, started_at, true, false
    from received
    union all
    select session_no, certain_from, true, false
    from received
    union all
    select session_no, started_at, false, false
    from received
    where not is_even
    union all
    select session_no, started_at, true, true
    from received
    where not is_even
    union all
    select session_no, ended_at, true, true
    from received
    where not is_even
),

window_end as (
    select
        a.session_no,
        a.window_h,
        t.moment + case when t.leaves then a.window_h else 0 end * interval 1 hour as moment,
        t.just_before
    from searched as a
    inner join turn as t on t.session_no = a.other_no
    where
        t.moment + case when t.leaves then a.window_h else 0 end * interval 1 hour > a.started_at
        and t.moment + case when t.leaves then a.window_h else 0 end * interval 1 hour <= a.ended_at
    union
    select session_no, window_h, started_at, false
    from searched
    union
    select session_no, window_h, ended_at, false
    from searched
),

inside as (
    select
        w.session_no,
        w.window_h,
        w.moment,
        w.just_before,
        d.refs,
        d.row_kept_out,
        d.mg_x3600_low,
        d.mg_x3600_high,
        d.rate_low,
        d.rate_high,
        (d.started_at > w.opens_at or (d.started_at = w.opens_at and (d.is_even or w.just_before)))
        and (d.ended_at < w.moment or (d.ended_at = w.moment and (d.is_even or not w.just_before))) as is_whole,
        greatest(d.started_at, w.opens_at) as from_at,
        case when d.ended_at < w.moment then d.ended_at else w.moment end as to_at,
        greatest(d.certain_from, w.opens_at) as certain_from,
        least(d.certain_to, w.moment) as certain_to
    from (
        select
            *,
            moment - window_h * interval 1 hour as opens_at
        from window_end
    ) as w
    inner join searched as n on n.session_no = w.session_no and n.window_h = w.window_h
    inner join received as d
        on
            d.session_no = n.other_no
            and (d.started_at < w.moment or (d.started_at = w.moment and not w.just_before))
            and (d.ended_at is null or d.ended_at > w.opens_at or (d.ended_at = w.opens_at and w.just_before))
),

summed as (
    select
        session_no,
        window_h,
        moment,
        just_before,
        max(row_kept_out) as row_kept_out,
        sum(
            case
                when is_whole then mg_x3600_low
                when rate_low is not null then least(greatest(rate_low * elapsed_s(certain_from, certain_to), 0), mg_x3600_low)
                else 0
            end
        ) as mg_x3600_low,
        case
            when count(mg_x3600_high) = count(*)
                then sum(
                    case
                        when is_whole then mg_x3600_high
                        when rate_high is not null then least(rate_high * elapsed_s(from_at, to_at), mg_x3600_high)
                        else mg_x3600_high
                    end
                )
        end as mg_x3600_high,
        flatten(list(refs)) as refs
    from inside
    group by session_no, window_h, moment, just_before
),

largest as (
    select
        session_no,
        window_h,
        max(row_kept_out) as row_kept_out,
        max(mg_x3600_low) as mg_x3600_low,
        case when count(mg_x3600_high) = count(*) then max(mg_x3600_high) end as mg_x3600_high,
        max_by(refs, (coalesce(mg_x3600_high, mg_x3600_low), -epoch_us(moment), just_before)) as refs,
        max_by(moment, (coalesce(mg_x3600_high, mg_x3600_low), -epoch_us(moment), just_before)) as closes_at,
        max_by(just_before, (coalesce(mg_x3600_high, mg_x3600_low), -epoch_us(moment), just_before)) as is_just_before
    from summed
    group by session_no, window_h
),

whole_refs as (
    select
        session_no,
        flatten(list(refs order by started_at, ended_at, refs)) as refs
    from received
    group by session_no
)

select
    a.session_no,
    a.window_h,
    coalesce(w.mg_x3600_low, g.mg_x3600_low, 0) as mg_x3600_low,
    case
        when l.session_no is not null or coalesce(w.row_kept_out, g.row_kept_out, false) or not f.is_covered then null
        when w.session_no is not null then w.mg_x3600_high
        when g.session_no is not null then g.mg_x3600_high
        else 0
    end as mg_x3600_high,
    coalesce(case when w.session_no is not null then r.refs else g.refs end, cast([] as bigint [])) as refs,
    coalesce(g.closes_at, a.ended_at) as closes_at,
    coalesce(g.is_just_before, false) as is_just_before,
    l.session_no is not null or coalesce(w.row_kept_out, g.row_kept_out, false) as row_kept_out,
    not f.is_covered as not_covered
from asked as a
inner join dose_feed as f on f.session_no = a.session_no and f.window_h = a.window_h
left join whole as w on w.session_no = a.session_no and w.window_h = a.window_h
left join whole_refs as r on r.session_no = a.session_no
left join largest as g on g.session_no = a.session_no and g.window_h = a.window_h
left join lost_row as l on l.session_no = a.session_no
