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

covered as (
    select distinct g.session_no, g.requirement, g.gap_from
    from timed as g
    inner join recovery_span as p on p.session_no = g.session_no
    inner join covered_time as c
        on
            c.requirement = g.requirement
            and (c.department is null or c.department = p.department)
            and c.covered_from <= g.gap_from
            and c.covered_to >= g.gap_to
    where g.too_long and g.reading = 'favourable'
),

summed as (
    select
        g.session_no,
        g.requirement,
        max(case when g.reading = 'favourable' and g.too_long and c.session_no is not null then 1 else 0 end) = 1 as missed,
        max(case when g.reading = 'favourable' and g.too_long and c.session_no is null then 1 else 0 end) = 1 as outside_coverage,
        coalesce(bool_or(g.too_long) filter (where g.reading = 'unfavourable'), bool_or(g.too_long)) as possibly_missed,
        max(g.gap_us) filter (where g.reading = 'favourable') as low_us,
        coalesce(max(g.gap_us) filter (where g.reading = 'unfavourable'), max(g.gap_us)) as high_us,
        max_by([g.from_ref, g.to_ref], (g.gap_us, -epoch_us(g.gap_from))) as refs
    from timed as g
    left join covered as c on c.session_no = g.session_no and c.requirement = g.requirement and c.gap_from = g.gap_from
    group by g.session_no, g.requirement
)

select
    p.session_no,
    q.domain,
    case
        when p.discharged_early or (max(m.missed) and not (p.end_open and p.discharge_unknown)) then true
        when not max(m.possibly_missed) and p.stays and not p.end_open then false
    end as is_missed,
    p.discharged_early,
    max(m.outside_coverage) as outside_coverage,
    p.end_open,
    p.discharge_unknown,
    max(m.low_us) / 60000000.0 as low,
    case when not p.end_open then max(m.high_us) / 60000000.0 end as high,
    list_concat(list_filter(flatten(list(m.refs)), lambda ref: ref is not null), p.stay_refs) as refs
from recovery_span as p
cross join (
    select distinct domain, requirement
    from requirement
    where domain in ('sedation', 'respiratory')
) as q
inner join summed as m on m.session_no = p.session_no and m.requirement = q.requirement
group by p.session_no, q.domain, p.discharged_early, p.stays, p.end_open, p.discharge_unknown, p.stay_refs
