/* Gaps between neighbouring assessments from the session's start to its end, per requirement; long pauses are cut out of the elapsed time.
Each is held to the interval in force where it begins, with its grace. */
with ambiguous as (
    select distinct patient_id
    from assessment
    where effective_at <> effective_at_latest
),

reading as (
    select session_no, patient_id, 'favourable' as reading, started_at, ended_at
    from session
    where coalesce(has_infusion, true)
    union all
    select s.session_no, s.patient_id, 'unfavourable', s.started_at, coalesce(s.ended_at_high, s.ended_at)
    from session as s
    left join ambiguous as a on a.patient_id = s.patient_id
    where coalesce(s.has_infusion, true) and (s.times_uncertain or a.patient_id is not null)
),

required as (
    select distinct requirement
    from requirement
    where domain in ('sedation', 'respiratory')
),

anchor as (
    select r.session_no, r.reading, q.requirement, r.started_at as moment, cast(null as bigint) as ref
    from reading as r
    cross join required as q
    union all
    select r.session_no, r.reading, q.requirement, r.ended_at, null
    from reading as r
    cross join required as q
    union all
    select r.session_no, r.reading, a.requirement, a.effective_at, a.ref
    from reading as r
    inner join assessment as a
        on a.patient_id = r.patient_id and a.effective_at > r.started_at and a.effective_at < r.ended_at
    where
        a.domain in ('sedation', 'respiratory')
        and (a.effective_at = a.effective_at_latest or r.reading = 'favourable')
    union all
    select r.session_no, r.reading, a.requirement, a.effective_at_latest, a.ref
    from reading as r
    inner join assessment as a
        on a.patient_id = r.patient_id and a.effective_at_latest > r.started_at and a.effective_at_latest < r.ended_at
    where
        a.domain in ('sedation', 'respiratory')
        and a.effective_at < a.effective_at_latest
        and r.reading = 'favourable'
),

neighbour as (
    select
        session_no,
        reading,
        requirement,
        lag(moment) over anchor_order as gap_from,
        moment as gap_to,
        lag(ref) over anchor_order as from_ref,
        ref as to_ref
    from anchor
    window anchor_order as (partition by session_no, reading, requirement order by moment, ref)
),

cut as (
    select
        n.session_no,
        n.reading,
        n.requirement,
        n.gap_from,
        n.gap_to,
        sum(epoch_us(least(p.ended_at, n.gap_to)) - epoch_us(greatest(p.started_at, n.gap_from))) as paused_us
    from long_pause as p
    inner join neighbour as n on n.session_no = p.session_no and n.reading = p.reading
    where p.started_at < n.gap_to and p.ended_at > n.gap_from
    group by n.session_no, n.reading, n.requirement, n.gap_from, n.gap_to
)

select
    n.session_no,
    n.reading,
    n.requirement,
    n.gap_from,
    n.gap_to,
    n.from_ref,
    n.to_ref,
    epoch_us(n.gap_to) - epoch_us(n.gap_from) - coalesce(c.paused_us, 0) as gap_us,
    cast(as_us(f.interval_min + t.grace_min) as bigint) as allowed_us
from neighbour as n
inner join reading as r on r.session_no = n.session_no and r.reading = n.reading
cross join setting as t
inner join monitoring_phase as f
    on
        epoch_us(n.gap_from) - epoch_us(r.started_at) >= as_us(f.from_min)
        and (f.until_min is null or epoch_us(n.gap_from) - epoch_us(r.started_at) < as_us(f.until_min))
left join cut as c
    on
        c.session_no = n.session_no
        and c.reading = n.reading
        and c.requirement = n.requirement
        and c.gap_from = n.gap_from
        and c.gap_to = n.gap_to
where n.gap_from is not null
