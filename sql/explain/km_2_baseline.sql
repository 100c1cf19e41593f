/* Where a baseline was looked for, by domain, and the last assessments before the start: one row for each, or one row that says none was found within a day. */
with looked_for as (
    select
        s.session_no,
        s.session_id,
        s.patient_id,
        s.started_at,
        b.domain,
        t.baseline_min,
        s.started_at - to_microseconds(cast(as_us(t.baseline_min) as bigint)) as wanted_from,
        b.low as minutes_before_low,
        b.high as minutes_before_high,
        b.refs,
        (select string_agg(distinct q.kind, ', ' order by q.kind) from requirement as q where q.domain = b.domain) as kinds
    from baseline as b
    inner join session as s on s.session_no = b.session_no
    cross join setting as t
),

/* Rows of a wanted kind in the wanted time whose value no scale allows: they are no assessments. */
unusable as (
    select
        l.session_no,
        l.domain,
        count(*) as "rows"
    from looked_for as l
    inner join observation as o
        on o.patient_id = l.patient_id and o.effective_at >= l.wanted_from and o.effective_at <= l.started_at
    inner join (select distinct domain, kind from requirement) as q on q.domain = l.domain and q.kind = o.kind
    where not exists (select 1 from assessment as a where a.ref = cast(o.file_id as bigint) * 4294967296 + o.line)
    group by l.session_no, l.domain
),

found as (
    select distinct
        l.session_no,
        l.domain,
        a.kind,
        case when a.kind in ('poss', 'psychomimetic') then lower(o.value) else shown(a.score, 3) end as "value",
        a.effective_at as moment,
        a.ref
    from (select session_no, patient_id, domain, unnest(refs) as ref from looked_for) as l
    inner join assessment as a on a.ref = l.ref and a.domain = l.domain
    inner join observation as o on o.patient_id = l.patient_id and cast(o.file_id as bigint) * 4294967296 + o.line = a.ref
)

select
    l.session_id,
    l.domain,
    cast(l.baseline_min as double) as allowed_min,
    l.wanted_from,
    l.started_at as wanted_to,
    l.kinds,
    l.minutes_before_low,
    l.minutes_before_high,
    coalesce(u.rows, 0) as unusable_rows,
    f.kind,
    f.value,
    f.moment,
    pointed_at(f.ref) as "row"
from looked_for as l
left join found as f on f.session_no = l.session_no and f.domain = l.domain
left join unusable as u on u.session_no = l.session_no and u.domain = l.domain
order by l.session_no, l.domain, f.moment desc, f.ref
