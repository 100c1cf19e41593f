/* Each session's verdict inputs for the recovery rules, by domain. A gap is too long when it is so wherever an uncertain end was. */
with timed as (
    select
        g.session_no,
        g.requirement,
        g.reading,
        g.gap_from,
        g.gap_to,
        g.from_ref,
        g.to_ref,
        least(g.first_us, coalesce(g.last_us, g.first_us)) as gap_us,
        g.first_us > as_us(f.interval_min + t.grace_min) and coalesce(g.last_us > as_us(l.interval_min + t.grace_min), true) as too_long
    from recovery_gap as g
    inner join recovery_span as p on p.session_no = g.session_no
    cross join setting as t
    inner join monitoring_phase as f
        on
            epoch_us(g.gap_from) - epoch_us(p.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(g.gap_from) - epoch_us(p.started_at) < as_us(f.until_min))
    inner join monitoring_phase as l
        on
            epoch_us(g.last_gap_from) - epoch_us(p.started_at) >= as_us(l.from_min)
            and (l.until_min is null or epoch_us(g.last_gap_from) - epoch_us(p.started_at) < as_us(l.until_min))
),

/* The covered part decides, as in late_gap: an assessment may hide where nothing is covered. */
part as (
    select
        g.session_no,
        g.requirement,
        g.gap_from,
        greatest(g.gap_from, c.covered_from) as part_from,
        least(g.gap_to, c.covered_to) as part_to,
        p.started_at,
        p.first_to,
        p.last_from,
        p.last_to
    from timed as g
    inner join recovery_span as p on p.session_no = g.session_no
    inner join covered_time as c
        on
            c.requirement = g.requirement
            and (c.department is null or c.department = p.department)
            and c.covered_from < g.gap_to
            and c.covered_to > g.gap_from
    where g.too_long and g.reading = 'favourable'
),

placed as (
    select
        *,
        greatest(part_from, last_from) as last_part_from,
        greatest(epoch_us(least(part_to, first_to)) - epoch_us(part_from), 0) as first_us,
        case when last_from is not null then greatest(epoch_us(least(part_to, last_to)) - epoch_us(greatest(part_from, last_from)), 0) end as last_us
    from part
),

known as (
    select
        k.session_no,
        k.requirement,
        k.gap_from,
        max(k.first_us > as_us(f.interval_min + t.grace_min) and coalesce(k.last_us > as_us(l.interval_min + t.grace_min), true)) as too_long,
        max(least(k.first_us, coalesce(k.last_us, k.first_us))) as known_us,
        max((least(k.first_us, coalesce(k.last_us, k.first_us)) - 1) // r.allowed_us) as needed
    from placed as k
    cross join setting as t
    cross join roomiest as r
    inner join monitoring_phase as f
        on
            epoch_us(k.part_from) - epoch_us(k.started_at) >= as_us(f.from_min)
            and (f.until_min is null or epoch_us(k.part_from) - epoch_us(k.started_at) < as_us(f.until_min))
    inner join monitoring_phase as l
        on
            epoch_us(k.last_part_from) - epoch_us(k.started_at) >= as_us(l.from_min)
            and (l.until_min is null or epoch_us(k.last_part_from) - epoch_us(k.started_at) < as_us(l.until_min))
    group by k.session_no, k.requirement, k.gap_from
),

lost as (
    select session_no, requirement, count(*) as lost_rows, list(ref) as refs
    from lost_observation
    group by session_no, requirement
),

summed as (
    select
        g.session_no,
        g.requirement,
        max(case when g.reading = 'favourable' and g.too_long and k.too_long then 1 else 0 end) = 1 as is_late,
        sum(case when g.reading = 'favourable' and g.too_long and k.too_long then k.needed else 0 end) as needed,
        max(case when g.reading = 'favourable' and g.too_long and not coalesce(k.too_long, false) then 1 else 0 end) = 1 as outside_coverage,
        coalesce(bool_or(g.too_long) filter (where g.reading = 'unfavourable'), bool_or(g.too_long)) as possibly_missed,
        max(case when g.too_long then coalesce(k.known_us, 0) else g.gap_us end) filter (where g.reading = 'favourable') as low_us,
        coalesce(max(g.gap_us) filter (where g.reading = 'unfavourable'), max(g.gap_us)) as high_us,
        max_by([g.from_ref, g.to_ref], (g.gap_us, -epoch_us(g.gap_from))) as refs
    from timed as g
    left join known as k on k.session_no = g.session_no and k.requirement = g.requirement and k.gap_from = g.gap_from
    group by g.session_no, g.requirement
)

select
    p.session_no,
    q.domain,
    case
        when p.discharged_early then true
        when x.delivery_lost then null
        when max(m.is_late and (o.session_no is null or m.needed > o.lost_rows)) and not (p.end_open and p.discharge_unknown) then true
        when not max(m.possibly_missed) and p.stays and not p.end_open then false
    end as is_missed,
    max(m.is_late and coalesce(m.needed <= o.lost_rows, false)) as assessment_lost,
    coalesce(x.delivery_lost, false) as delivery_lost,
    list_sort(list_distinct(list_concat(flatten(list(o.refs)), case when x.delivery_lost then x.refs end))) as lost_refs,
    p.discharged_early,
    max(m.outside_coverage) as outside_coverage,
    p.end_open,
    p.discharge_unknown,
    max(case when m.is_late and coalesce(m.needed <= o.lost_rows, false) then 0 else m.low_us end) / 60000000.0 as low,
    case when not p.end_open then max(m.high_us) / 60000000.0 end as high,
    list_concat(list_filter(flatten(list(m.refs)), lambda ref: ref is not null), p.stay_refs) as refs
from recovery_span as p
cross join (
    select distinct domain, requirement
    from requirement
    where domain in ('sedation', 'respiratory')
) as q
inner join summed as m on m.session_no = p.session_no and m.requirement = q.requirement
left join lost as o on o.session_no = p.session_no and o.requirement = q.requirement
left join lost_row as x on x.session_no = p.session_no
group by p.session_no, q.domain, x.delivery_lost, x.refs, p.discharged_early, p.stays, p.end_open, p.discharge_unknown, p.stay_refs
