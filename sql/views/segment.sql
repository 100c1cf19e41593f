/* Line pieces, the open ones closed by the pump's cumulative reading where there is one: they end at the reading, or earlier where its amount is reached earlier.
   A reading after the next row of the line, or longer after the row's encounter than a session waits, is of another infusion. */
with reach as (
    select
        p.patient_id,
        p.line_key,
        p.piece_no,
        p.started_at,
        p.ended_at_high,
        p.next_at,
        p.encounter_ended_at + to_microseconds(cast(as_us(s.session_gap_min) as bigint)) as until_at
    from line_piece as p
    cross join setting as s
    where p.stop_missing
),

/* The last row that proves an open piece ran. An end of the encounter, or of the bag, that lies before it is refuted and bounds nothing. */
proven as (
    select
        p.patient_id,
        p.line_key,
        p.piece_no,
        max(g.started_at) as running_at,
        coalesce(max(g.started_at) > any_value(p.ended_at_high), false) as refutes
    from reach as p
    inner join given as g on g.patient_id = p.patient_id and g.line_key = p.line_key
    where
        (g.event = 'rate_verify' or (g.event = 'infused_total' and coalesce(g.started_at <= p.until_at, true)))
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
        any_value(p.started_at) as started_at,
        max(t.started_at) as read_at,
        max_by([t.mg_low, t.mg_high], (t.started_at, t.administration_id)) as mg
    from reach as p
    inner join charted_dose as t on t.patient_id = p.patient_id and t.line_key = p.line_key
    where
        t.event = 'infused_total'
        and t.certain
        and t.started_at >= p.started_at
        and coalesce(t.started_at < p.next_at, true)
        and coalesce(t.started_at <= p.until_at, true)
    group by p.patient_id, p.line_key, p.piece_no
),

/* What a line gave before a reading, in mg x 3600, and since when nothing was missing on it for longer than a session waits. */
delivery as (
    select
        patient_id,
        line_key,
        started_at,
        coalesce(ended_at_high, ended_at) as ended_at,
        coalesce(mg_per_h_high * elapsed_s(started_at, ended_at_high), 0) as mg_s_per_h,
        piece_no
    from line_piece
    where coalesce(mg_per_h_high, 1) > 0 or mg_per_kg_h > 0
    union all
    select patient_id, line_key, started_at, ended_at, coalesce(mg_high, 0) * 3600, null
    from push
),

gapped as (
    select
        *,
        max(ended_at) over (
            partition by patient_id, line_key order by started_at, ended_at rows between unbounded preceding and 1 preceding
        ) as given_until
    from delivery
    where exists (select 1 from reading as r where r.patient_id = delivery.patient_id and r.line_key = delivery.line_key)
),

run as (
    select
        g.patient_id,
        g.line_key,
        g.started_at
    from gapped as g
    cross join setting as s
    where g.given_until is null or epoch_us(g.started_at) - epoch_us(g.given_until) > as_us(s.session_gap_min)
),

begun as (
    select
        r.patient_id,
        r.line_key,
        r.piece_no,
        max(b.started_at) as started_at
    from reading as r
    inner join run as b on b.patient_id = r.patient_id and b.line_key = r.line_key and b.started_at <= r.started_at
    group by r.patient_id, r.line_key, r.piece_no
),

/* What is left of the reading for the piece (an unreadable one may be anything): less what ran before it on the line, and less the pushes, but not those of an earlier session. */
remaining as (
    select
        r.patient_id,
        r.line_key,
        r.piece_no,
        r.read_at,
        greatest(coalesce(r.mg[1], 0) * 3600 - coalesce(sum(d.mg_s_per_h), 0), 0) as mg_x3600_low,
        case when r.mg[2] is not null then greatest(r.mg[2] * 3600 - coalesce(sum(d.mg_s_per_h), 0), 0) end as mg_x3600_high
    from reading as r
    inner join begun as b on b.patient_id = r.patient_id and b.line_key = r.line_key and b.piece_no = r.piece_no
    left join delivery as d
        on
            d.patient_id = r.patient_id
            and d.line_key = r.line_key
            and d.started_at >= b.started_at
            and d.started_at <= r.read_at
            and coalesce(d.piece_no < r.piece_no, true)
    group by r.patient_id, r.line_key, r.piece_no, r.read_at, r.mg
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
