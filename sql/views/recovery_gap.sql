/* Gaps between neighbouring assessments in recovery, per requirement. Favourable: how much of a gap lies in recovery wherever an uncertain end was. Unfavourable: its whole length from the first possible end to the last. */
with ambiguous as (
    select distinct patient_id
    from assessment
    where effective_at <> effective_at_latest
),

reading as (
    select
        session_no, patient_id, 'favourable' as reading, first_from as watched_from, greatest(first_to, coalesce(last_to, first_to)) as watched_to
    from recovery_span
    union all
    select p.session_no, p.patient_id, 'unfavourable', p.first_from, p.whole_to
    from recovery_span as p
    left join ambiguous as a on a.patient_id = p.patient_id
    where p.whole_to <> p.first_to or p.whole_to is null or p.last_from > p.first_from or a.patient_id is not null
),

required as (
    select distinct domain, requirement
    from requirement
    where domain in ('sedation', 'respiratory')
),

anchor as (
    select r.session_no, r.reading, q.requirement, r.watched_from as moment, cast(null as bigint) as ref
    from reading as r
    cross join required as q
    union all
    select r.session_no, r.reading, q.requirement, r.watched_to, null
    from reading as r
    cross join required as q
    where r.watched_to is not null
    union all
    select r.session_no, r.reading, a.requirement, a.effective_at, a.ref
    from reading as r
    inner join assessment as a on a.patient_id = r.patient_id and a.effective_at > r.watched_from and a.effective_at < r.watched_to
    where a.domain in ('sedation', 'respiratory') and (a.effective_at = a.effective_at_latest or r.reading = 'favourable')
    union all
    select r.session_no, r.reading, a.requirement, a.effective_at_latest, a.ref
    from reading as r
    inner join assessment as a
        on a.patient_id = r.patient_id and a.effective_at_latest > r.watched_from and a.effective_at_latest < r.watched_to
    where a.domain in ('sedation', 'respiratory') and a.effective_at < a.effective_at_latest and r.reading = 'favourable'
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
)

select
    n.*,
    case when n.reading = 'unfavourable' then n.gap_from else greatest(n.gap_from, p.last_from) end as last_gap_from,
    case when n.reading = 'unfavourable' then n.gap_to else least(n.gap_to, p.first_to) end as first_gap_to,
    case
        when n.reading = 'unfavourable' then epoch_us(n.gap_to) - epoch_us(n.gap_from)
        else greatest(epoch_us(least(n.gap_to, p.first_to)) - epoch_us(n.gap_from), 0)
    end as first_us,
    case
        when n.reading = 'unfavourable' or p.last_from is null then null
        else greatest(epoch_us(least(n.gap_to, p.last_to)) - epoch_us(greatest(n.gap_from, p.last_from)), 0)
    end as last_us
from neighbour as n
inner join recovery_span as p on p.session_no = n.session_no
where n.gap_from is not null
