/* The pain scores of each session in its four windows: baseline [start - 24 h, start], immediate (end, end + 24 h], weeks [end + 48 h, end + 14 d],
months [end + 30 d, end + 90 d]. The three after the session end at the patient's next session. An uncertain end makes a window of the scores that are
certainly inside and a wider one of those that may be; the figures are known where both hold the same scores. A row that was kept out and may have been a
score of that window (lost_refs) may have been the last one, or the only one. */
with follow_up as (
    select
        session_no,
        lead(started_at) over (partition by patient_id order by started_at, session_no) as next_started_at
    from session_span
),

kind as (
    select
        col0 as window_code,
        cast(col1 as bigint) as from_us,
        cast(col2 as bigint) as to_us
    from (values
        ('immediate', 1, 86400000000),
        ('weeks', 172800000000, 1209600000000),
        ('months', 2592000000000, 7776000000000)
    )
),

bounded as (
    select
        s.session_no,
        s.patient_id,
        s.site,
        s.department,
        'baseline' as window_code,
        epoch_us(s.started_at) - 86400000000 as possible_from,
        epoch_us(s.started_at) - 86400000000 as certain_from,
        epoch_us(s.started_at) as certain_to,
        epoch_us(s.started_at) as possible_to,
        false as is_closed
    from session as s
    union all
    select
        s.session_no,
        s.patient_id,
        s.site,
        s.department,
        k.window_code,
        epoch_us(s.ended_at) + k.from_us as possible_from,
        epoch_us(s.ended_at_high) + k.from_us as certain_from,
        least(epoch_us(s.ended_at) + k.to_us, epoch_us(f.next_started_at)) as certain_to,
        case when s.ended_at_high is not null then least(epoch_us(s.ended_at_high) + k.to_us, epoch_us(f.next_started_at)) end as possible_to,
        coalesce(epoch_us(f.next_started_at) < epoch_us(s.ended_at) + k.from_us, false) as is_closed
    from session as s
    inner join follow_up as f on f.session_no = s.session_no
    cross join kind as k
),

held as (
    select
        b.session_no,
        b.window_code,
        p.nrs,
        p.ref,
        p.effective_at,
        b.certain_from is not null
        and epoch_us(p.effective_at) >= b.certain_from
        and epoch_us(p.effective_at_latest) <= b.certain_to as is_certain,
        p.effective_at <> p.effective_at_latest as is_ambiguous
    from bounded as b
    inner join pain_score as p
        on p.patient_id = b.patient_id
        and epoch_us(p.effective_at_latest) >= b.possible_from
        and epoch_us(p.effective_at) <= b.possible_to
),

latest as (
    select
        h.*,
        max(h.effective_at) over (partition by h.session_no, h.window_code) as last_at
    from held as h
),

scored as (
    select
        session_no,
        window_code,
        count(*) as possible_count,
        sum(case when is_certain then 1 else 0 end) as certain_count,
        min(nrs) as lowest,
        max(nrs) as highest,
        sum(nrs) as total,
        min(case when effective_at = last_at then nrs end) as last_low,
        max(case when effective_at = last_at then nrs end) as last_high,
        max(case when is_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
        list(ref order by effective_at, ref) as refs
    from latest
    group by session_no, window_code
),

lost as (
    select
        b.session_no,
        b.window_code,
        list(o.ref order by o.ref) as refs
    from bounded as b
    inner join kept_out_observation as o on o.patient_id = b.patient_id
    where
        coalesce(o.kind, 'pain_nrs') = 'pain_nrs'
        and (o.on_date is null or o.on_date >= cast(make_timestamp(b.possible_from) as date) - 1)
        and (o.on_date is null or b.possible_to is null or o.on_date <= cast(make_timestamp(b.possible_to) as date) + 1)
    group by b.session_no, b.window_code
),

covered as (
    select distinct
        b.session_no,
        b.window_code
    from bounded as b
    inner join covered_time as c
        on c.table_name = 'observation'
        and c.requirement = 'pain_nrs'
        and c.site = b.site
        and (c.department is null or c.department = b.department)
        and epoch_us(c.covered_from) <= b.possible_from
        and epoch_us(c.covered_to) >= coalesce(b.possible_to, b.certain_to)
)

select
    b.session_no,
    b.window_code,
    b.is_closed,
    c.session_no is not null as is_covered,
    b.possible_to is not null and coalesce(s.possible_count = s.certain_count, true) as is_certain,
    coalesce(s.certain_count, 0) as certain_count,
    coalesce(s.possible_count, 0) as possible_count,
    s.lowest,
    s.highest,
    s.total,
    case when s.last_low = s.last_high and (not s.is_ambiguous or s.lowest = s.highest) then s.last_high end as last_score,
    coalesce(s.refs, cast([] as bigint [])) as refs,
    l.refs as lost_refs
from bounded as b
left join scored as s on s.session_no = b.session_no and s.window_code = b.window_code
left join covered as c on c.session_no = b.session_no and c.window_code = b.window_code
left join lost as l on l.session_no = b.session_no and l.window_code = b.window_code
