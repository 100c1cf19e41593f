/* Minutes from the last assessment to the start, per domain: the shortest and the longest that ambiguous local times allow. */
with opening as (
    select
        i.session_no,
        min(g.started_at_latest) as started_at_latest
    from session_item as i
    inner join given as g on g.ref = i.ref
    group by i.session_no
),

reading as (
    select s.session_no, s.patient_id, s.started_at as moment
    from session as s
    union
    select s.session_no, s.patient_id, greatest(s.started_at, o.started_at_latest)
    from session as s
    inner join opening as o on o.session_no = s.session_no
),

before as (
    select
        r.session_no,
        r.moment,
        a.domain,
        a.requirement,
        max(case when a.effective_at_latest <= r.moment then a.effective_at_latest else a.effective_at end) as last_at,
        max(case when a.effective_at_latest <= r.moment then a.effective_at end) as surely_last_at,
        max_by(a.ref, (a.effective_at, a.ref)) as ref
    from reading as r
    cross join setting as t
    inner join assessment as a
        on
            a.patient_id = r.patient_id
            and a.effective_at <= r.moment
            and epoch_us(r.moment) - epoch_us(a.effective_at) <= as_us(greatest(1440, t.baseline_min))
    where a.domain in ('sedation', 'respiratory')
    group by r.session_no, r.moment, a.domain, a.requirement
),

since as (
    select
        r.session_no,
        q.domain,
        q.requirement,
        max(r.moment) as started_at_latest,
        min(epoch_us(r.moment) - epoch_us(b.last_at)) as low_us,
        case when count(b.surely_last_at) = count(*) then max(epoch_us(r.moment) - epoch_us(b.surely_last_at)) end as high_us,
        list_distinct(list(b.ref)) as refs
    from reading as r
    cross join (select distinct domain, requirement from requirement where domain in ('sedation', 'respiratory')) as q
    left join before as b on b.session_no = r.session_no and b.moment = r.moment and b.requirement = q.requirement
    group by r.session_no, q.domain, q.requirement
),

/* A delivery whose row was kept out may have begun the session earlier, and an assessment that was may be the baseline. */
lost as (
    select session_no, requirement, list(ref) as refs
    from lost_observation
    group by session_no, requirement
),

decided as (
    select
        n.* exclude (high_us),
        case when not coalesce(x.delivery_lost, false) then n.high_us end as high_us,
        coalesce(x.delivery_lost, false) as delivery_lost,
        case when x.delivery_lost then x.refs end as delivery_refs,
        o.refs as lost_refs,
        case
            when x.delivery_lost and (n.low_us is not null or o.session_no is not null) then null
            when n.high_us <= as_us(t.baseline_min) then false
            when n.low_us <= as_us(t.baseline_min) or o.session_no is not null then null
            when exists (
                select 1
                from covered_time as c
                where
                    c.requirement = n.requirement
                    and c.site = s.site
                    and (c.department is null or c.department = s.department)
                    and epoch_us(c.covered_from) <= epoch_us(s.started_at) - as_us(t.baseline_min)
                    and c.covered_to > n.started_at_latest
            ) then true
        end as is_missing
    from since as n
    inner join session as s on s.session_no = n.session_no
    cross join setting as t
    left join lost as o on o.session_no = n.session_no and o.requirement = n.requirement
    left join lost_row as x on x.session_no = n.session_no
)

select
    session_no,
    domain,
    case when max(coalesce(is_missing, false)) then true when count(is_missing) = count(*) then false end as is_missing,
    max(is_missing is null and not delivery_lost and lost_refs is null and coalesce(low_us > as_us(t.baseline_min), true)) as outside_coverage,
    max(is_missing is null and lost_refs is not null) as assessment_lost,
    max(is_missing is null and delivery_lost) as delivery_lost,
    case when count(low_us) = count(*) then max(low_us) / 60000000.0 end as low,
    case when count(high_us) = count(*) then max(high_us) / 60000000.0 end as high,
    list_filter(flatten(list(refs)), lambda ref: ref is not null) as refs,
    list_distinct(flatten(list(list_concat(lost_refs, delivery_refs)) filter (where is_missing is null))) as kept_out_refs
from decided
cross join setting as t
group by session_no, domain
