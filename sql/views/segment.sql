/* Line pieces, the open ones closed by the pump's cumulative reading where there is one: they end at the reading, or earlier where its amount is reached earlier. */
with amount_before as (
    select
        patient_id,
        line_key,
        piece_no,
        coalesce(
            sum(case when mg_per_h_high > 0 then mg_per_h_high * elapsed_s(started_at, ended_at_high) else 0 end) over (
                partition by patient_id, line_key order by piece_no rows between unbounded preceding and 1 preceding
            ),
            0
        ) as mg_s_per_h
    from line_piece
),

/* The last row that proves an open piece ran. An end of the encounter, or of the bag, that lies before it is refuted and bounds nothing. */
proven as (
    select
        p.patient_id,
        p.line_key,
        p.piece_no,
        max(g.started_at) as running_at,
        coalesce(max(g.started_at) > any_value(p.ended_at_high), false) as refutes
    from line_piece as p
    inner join given as g on g.patient_id = p.patient_id and g.line_key = p.line_key
    where
        p.stop_missing
        and g.event in ('rate_verify', 'infused_total')
        and g.certain
        and g.started_at > p.started_at
        and coalesce(g.started_at < p.next_at, true)
    group by p.patient_id, p.line_key, p.piece_no
),

reading as (
    select
        p.patient_id,
        p.line_key,
        p.piece_no,
        max(t.started_at) as read_at,
        max_by([t.mg_low, t.mg_high], (t.started_at, t.administration_id)) as mg
    from line_piece as p
    inner join charted_dose as t on t.patient_id = p.patient_id and t.line_key = p.line_key
    where p.stop_missing and t.event = 'infused_total' and t.certain and t.started_at >= p.started_at
    group by p.patient_id, p.line_key, p.piece_no
),

/* What is left of the reading for the piece, in mg x 3600 (an unreadable one may be anything): less what ran before it on the line, and less the pushes. */
remaining as (
    select
        r.patient_id,
        r.line_key,
        r.piece_no,
        r.read_at,
        greatest(coalesce(r.mg[1], 0) * 3600 - a.mg_s_per_h - coalesce(sum(b.mg_high), 0) * 3600, 0) as mg_x3600_low,
        case when r.mg[2] is not null then greatest(r.mg[2] * 3600 - a.mg_s_per_h - coalesce(sum(b.mg_high), 0) * 3600, 0) end as mg_x3600_high
    from reading as r
    inner join amount_before as a on a.patient_id = r.patient_id and a.line_key = r.line_key and a.piece_no = r.piece_no
    left join push as b on b.patient_id = r.patient_id and b.line_key = r.line_key and b.started_at <= r.read_at
    group by r.patient_id, r.line_key, r.piece_no, r.read_at, r.mg, a.mg_s_per_h
),

/* Between the end at the highest rate and that at the lowest; a rate that is not known may have delivered it at once, or up to the reading. */
closing as (
    select
        r.patient_id,
        r.line_key,
        r.piece_no,
        case
            when p.mg_per_h_high > 0 then least(r.read_at, p.started_at + to_microseconds(cast(r.mg_x3600_low / p.mg_per_h_high * 1000000 as bigint)))
            else p.started_at
        end as ended_at,
        case
            when p.mg_per_h_low > 0 and r.mg_x3600_high is not null
                then least(r.read_at, p.started_at + to_microseconds(cast(r.mg_x3600_high / p.mg_per_h_low * 1000000 as bigint)))
            else r.read_at
        end as ended_at_high
    from remaining as r
    inner join line_piece as p on p.patient_id = r.patient_id and p.line_key = r.line_key and p.piece_no = r.piece_no
)

select
    p.patient_id,
    p.line_key,
    p.piece_no,
    p.line_known,
    p.encounter_id,
    p.order_id,
    p.under_several,
    p.refs,
    p.certain,
    p.started_at,
    p.started_at_latest,
    case when c.piece_no is not null then greatest(p.ended_at, c.ended_at) else greatest(p.ended_at, v.running_at) end as ended_at,
    case
        when c.piece_no is not null then greatest(p.ended_at, c.ended_at_high)
        when v.refutes
            then least(
                p.next_at,
                case when p.encounter_ended_at >= v.running_at then p.encounter_ended_at end,
                case when p.bag_ended_at >= v.running_at then p.bag_ended_at end
            )
        else p.ended_at_high
    end as ended_at_high,
    p.stop_missing and coalesce(c.ended_at < c.ended_at_high, true) as stop_missing,
    p.stop_before_start,
    (p.stop_missing and coalesce(c.ended_at < c.ended_at_high, true)) or p.stop_before_start as end_uncertain,
    p.mg_per_h_low,
    p.mg_per_h_high,
    p.mg_per_kg_h,
    case when coalesce(p.bag_ended_at >= v.running_at, true) then p.bag_mg_high end as bag_mg_high,
    p.unit_unknown,
    p.unit_missing,
    p.rate_missing,
    p.concentration_missing,
    p.concentration_conflict,
    p.pump_weight_assumed,
    p.simultaneous_rows,
    p.verify_differs,
    p.line_unknown,
    p.superseded,
    c.piece_no is not null as closed_by_pump
from line_piece as p
left join closing as c on c.patient_id = p.patient_id and c.line_key = p.line_key and c.piece_no = p.piece_no
left join proven as v on v.patient_id = p.patient_id and v.line_key = p.line_key and v.piece_no = p.piece_no
