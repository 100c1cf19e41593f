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
    select distinct session_no, requirement, gap_from
    from recovery_part
    where is_late
),

summed as (
    select
        g.session_no,
        g.requirement,
        max(case when g.reading = 'favourable' and g.too_long and k.session_no is null then 1 else 0 end) = 1 as outside_coverage,
        coalesce(bool_or(g.too_long) filter (where g.reading = 'unfavourable'), bool_or(g.too_long)) as possibly_missed,
        coalesce(max(g.gap_us) filter (where g.reading = 'unfavourable'), max(g.gap_us)) as high_us,
        max_by([g.from_ref, g.to_ref], (g.gap_us, -epoch_us(g.gap_from))) as refs
    from timed as g
    left join covered as k on k.session_no = g.session_no and k.requirement = g.requirement and k.gap_from = g.gap_from
    group by g.session_no, g.requirement
)

select
    p.session_no,
    q.domain,
    case
        when p.discharged_early then true
        when x.delivery_lost then null
        when max(v.is_missed) and not (p.end_open and p.discharge_unknown) then true
        when not max(m.possibly_missed) and p.stays and not p.end_open then false
    end as is_missed,
    coalesce(max(v.assessment_lost), false) as assessment_lost,
    coalesce(x.delivery_lost, false) as delivery_lost,
    list_sort(list_distinct(list_concat(flatten(list(v.lost_refs)), case when x.delivery_lost then x.refs end))) as lost_refs,
    p.discharged_early,
    max(m.outside_coverage) as outside_coverage,
    p.end_open,
    p.discharge_unknown,
    max(coalesce(v.low_us, 0)) / 60000000.0 as low,
    case when not p.end_open then max(m.high_us) / 60000000.0 end as high,
    list_concat(list_filter(flatten(list(m.refs)), lambda ref: ref is not null), p.stay_refs) as refs
from recovery_span as p
cross join (
    select distinct domain, requirement
    from requirement
    where domain in ('sedation', 'respiratory')
) as q
inner join summed as m on m.session_no = p.session_no and m.requirement = q.requirement
left join proven_gap as v on v.session_no = p.session_no and v.requirement = q.requirement and v.period = 'recovery'
left join lost_row as x on x.session_no = p.session_no
group by p.session_no, q.domain, x.delivery_lost, x.refs, p.discharged_early, p.stays, p.end_open, p.discharge_unknown, p.stay_refs
