/* Gaps between neighbouring assessments from the session's start to its end, per requirement; long pauses are cut out of the elapsed time.
Each is held to the interval in force where it begins, with its grace. */
with ambiguous as (
    select distinct patient_id
    from assessment
    where effective_at <> effective_at_latest
),

reading as (
    select
        session_no,
        patient_id,
        'favourable' as reading,
        started_at,
        ended_at,
        session_no in (select session_no from long_pause) as has_pause
    from session
    where coalesce(has_infusion, true)
    union all
    select
        s.session_no,
        s.patient_id,
        'unfavourable',
        s.started_at,
        coalesce(s.ended_at_high, s.ended_at),
        s.session_no in (select session_no from long_pause)
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

phase as (
    select
        cast(as_us(f.from_min) as bigint) as from_us,
        cast(as_us(f.until_min) as bigint) as until_us,
        cast(as_us(f.interval_min + t.grace_min) as bigint) as allowed_us
    from monitoring_phase as f
    cross join setting as t
),

timed as (
    select
        n.*,
        epoch_us(n.gap_to) - epoch_us(n.gap_from) as elapsed_us,
        f.allowed_us,
        r.has_pause
    from neighbour as n
    inner join reading as r on r.session_no = n.session_no and r.reading = n.reading
    inner join phase as f
        on
            epoch_us(n.gap_from) - epoch_us(r.started_at) >= f.from_us
            and (f.until_us is null or epoch_us(n.gap_from) - epoch_us(r.started_at) < f.until_us)
    where n.gap_from is not null
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
    inner join timed as n on n.session_no = p.session_no and n.reading = p.reading
    where n.has_pause and p.started_at < n.gap_to and p.ended_at > n.gap_from
    group by n.session_no, n.reading, n.requirement, n.gap_from, n.gap_to
)

select session_no, reading, requirement, gap_from, gap_to, from_ref, to_ref, elapsed_us as gap_us, allowed_us
from timed
where not has_pause
union all
select
    n.session_no,
    n.reading,
    n.requirement,
    n.gap_from,
    n.gap_to,
    n.from_ref,
    n.to_ref,
    n.elapsed_us - coalesce(c.paused_us, 0) as gap_us,
    n.allowed_us
from timed as n
left join cut as c
    on
        c.session_no = n.session_no
        and c.reading = n.reading
        and c.requirement = n.requirement
        and c.gap_from = n.gap_from
        and c.gap_to = n.gap_to
where n.has_pause
