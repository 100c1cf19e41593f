/* Amounts delivered on a line up to its last cumulative pump reading in a session. A falling reading means the counter was cleared. */
with reading as (
    select
        t.patient_id,
        t.line_key,
        t.ref,
        t.started_at as read_at,
        t.administration_id,
        t.certain,
        t.mg_low,
        t.mg_high,
        max(s.session_no) as session_no
    from charted_dose as t
    inner join session_span as s on s.patient_id = t.patient_id and s.started_at <= t.started_at
    where t.event = 'infused_total'
    group by t.patient_id, t.line_key, t.ref, t.started_at, t.administration_id, t.certain, t.mg_low, t.mg_high
),

stepped as (
    select
        *,
        lag(mg_low) over line_order as before_low,
        lag(mg_high) over line_order as before_high,
        lag(session_no) over line_order as before_session_no
    from reading
    window line_order as (partition by patient_id, line_key order by read_at, administration_id)
),

increment as (
    select
        patient_id,
        line_key,
        session_no,
        ref,
        read_at,
        certain,
        case
            when before_low is null or mg_low < before_low then mg_low
            else mg_low - before_high
        end as mg_low,
        case
            when before_high is null or mg_high < before_high or before_session_no < session_no then mg_high
            else mg_high - before_low
        end as mg_high,
        mg_high is null as unreadable
    from stepped
)

select
    s.session_no,
    i.patient_id,
    i.line_key,
    max(i.read_at) as read_at,
    list(i.ref order by i.read_at, i.ref) as refs,
    greatest(sum(coalesce(i.mg_low, 0)), 0) * cast(3600 as decimal(6, 0)) as mg_x3600_low,
    case when count(i.mg_high) = count(*) then sum(i.mg_high) * cast(3600 as decimal(6, 0)) end as mg_x3600_high,
    max(i.unreadable) as unreadable,
    min(i.certain) as certain,
    max(i.certain) as has_certain
from increment as i
inner join session_span as s on s.patient_id = i.patient_id and s.session_no = i.session_no
group by s.session_no, i.patient_id, i.line_key
