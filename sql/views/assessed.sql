/* Each session's verdict inputs for the assessment rules by domain: a violation holds in the favourable reading, compliance in the unfavourable one. */
with lost as (
    select
        session_no,
        requirement,
        count(*) as lost_rows,
        list(ref order by ref) as refs
    from lost_observation
    group by session_no, requirement
)

select
    s.session_no,
    q.domain,
    max(coalesce(f.too_long_covered and (o.session_no is null or f.needed > o.lost_rows), false)) as missed,
    max(coalesce(f.too_long_covered and f.needed <= o.lost_rows, false)) as assessment_lost,
    max(coalesce(f.may_hold_pause, false)) as may_hold_pause,
    list_sort(list_distinct(flatten(list(o.refs)))) as lost_refs,
    max(coalesce(u.too_long, f.too_long)) as possibly_missed,
    s.ended_at_high is null as end_open,
    max(coalesce(f.too_long_uncovered, false)) as outside_coverage,
    max(case when f.may_hold_pause or (f.too_long_covered and coalesce(f.needed <= o.lost_rows, false)) then 0 else f.known_us end) / 60000000.0 as gap_min_low,
    case when s.ended_at_high is not null then max(coalesce(u.longest_us, f.longest_us)) / 60000000.0 end as gap_min_high,
    sum(greatest(f.assessments, coalesce(u.assessments, 0))) as assessments,
    list_filter(
        max_by([f.longest.from_ref, f.longest.to_ref], (f.longest_us, -epoch_us(f.longest.gap_from), f.requirement)),
        lambda ref: ref is not null
    ) as refs
from session as s
cross join (
    select distinct domain, requirement
    from requirement
    where domain in ('sedation', 'respiratory')
) as q
left join monitoring as f on f.session_no = s.session_no and f.requirement = q.requirement and f.reading = 'favourable'
left join monitoring as u on u.session_no = s.session_no and u.requirement = q.requirement and u.reading = 'unfavourable'
left join lost as o on o.session_no = s.session_no and o.requirement = q.requirement
group by s.session_no, q.domain, s.ended_at_high
