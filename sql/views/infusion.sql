/* Delivering segments of each session: which one may be a bolus, and the amount as bounds (mg x 3600, so that no division decides). */
with in_session as (
    select
        i.session_no,
        i.session_started_at,
        g.*,
        g.mg_per_h_high is null and g.mg_per_kg_h is not null as per_kg_only,
        min(g.mg_per_h_high is null and g.mg_per_kg_h is not null) over (partition by i.session_no) as as_charted
    from session_item as i
    inner join segment as g on g.patient_id = i.patient_id and g.line_key = i.line_key and g.piece_no = i.item_no
    where i.component = 'infusion'
),

opening as (
    select *
    from in_session
    cross join (select inferred_max_min from setting) as t
    where
        started_at = session_started_at
        and not end_uncertain
        and ended_at = ended_at_high
        and epoch_us(ended_at) - epoch_us(started_at) <= as_us(t.inferred_max_min)
),

resumed as (
    select
        f.session_no,
        f.line_key,
        f.piece_no,
        min(greatest(o.started_at, f.ended_at)) as moment
    from opening as f
    inner join in_session as o
        on o.session_no = f.session_no and not (o.line_key = f.line_key and o.piece_no = f.piece_no)
    where coalesce(o.ended_at_high > f.ended_at, true)
    group by f.session_no, f.line_key, f.piece_no
),

followed as (
    select
        r.session_no,
        r.line_key,
        r.piece_no,
        sum(coalesce(o.mg_per_h_low, 0)) as next_low,
        case when count(o.mg_per_h_high) = count(*) then sum(o.mg_per_h_high) end as next_high,
        case when count(o.mg_per_kg_h) = count(*) then sum(o.mg_per_kg_h) end as next_mg_per_kg_h
    from resumed as r
    inner join in_session as o
        on o.session_no = r.session_no and not (o.line_key = r.line_key and o.piece_no = r.piece_no)
    where o.started_at <= r.moment and coalesce(o.ended_at_high > r.moment, true)
    group by r.session_no, r.line_key, r.piece_no
)

select
    g.*,
    case
        when f.piece_no is null then false
        when n.piece_no is null then true
        when f.as_charted then n.next_mg_per_kg_h < f.mg_per_kg_h
        when n.next_high < f.mg_per_h_low then true
        when n.next_low >= f.mg_per_h_high then false
    end as is_bolus,
    coalesce(g.mg_per_h_low, 0)
    * case
        when g.ended_at >= g.started_at_latest then elapsed_s(g.started_at_latest, g.ended_at)
        when g.ended_at_high >= g.started_at_latest
            then least(elapsed_s(g.started_at, g.ended_at), elapsed_s(g.started_at_latest, g.ended_at_high))
        else 0
    end as mg_x3600_low,
    case
        when g.stop_before_start or g.mg_per_h_high is null then null
        when g.bag_mg_high is not null and g.stop_missing
            then least(g.bag_mg_high * 3600, coalesce(g.mg_per_h_high * elapsed_s(g.started_at, g.ended_at_high), g.bag_mg_high * 3600))
        else g.mg_per_h_high * elapsed_s(g.started_at, g.ended_at_high)
    end as mg_x3600_high
from in_session as g
left join opening as f on f.session_no = g.session_no and f.line_key = g.line_key and f.piece_no = g.piece_no
left join followed as n on n.session_no = g.session_no and n.line_key = g.line_key and n.piece_no = g.piece_no
