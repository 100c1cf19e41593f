/* Each session's verdict inputs for the assessment rules by domain: a violation holds in the favourable reading, compliance in the unfavourable one. */
with uncovered as (
    select distinct session_no, requirement
    from late_gap
    where not is_covered
)

select
    s.session_no,
    q.domain,
    coalesce(max(p.is_missed), false) as missed,
    coalesce(max(p.assessment_lost), false) as assessment_lost,
    coalesce(max(p.may_hold_pause), false) as may_hold_pause,
    list_sort(list_distinct(flatten(list(p.lost_refs)))) as lost_refs,
    max(coalesce(u.too_long, f.too_long)) as possibly_missed,
    s.ended_at_high is null as end_open,
    max(c.session_no is not null) as outside_coverage,
    max(case when f.session_no is not null then coalesce(p.low_us, 0) end) / 60000000.0 as gap_min_low,
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
left join proven_gap as p on p.session_no = s.session_no and p.requirement = q.requirement and p.period = 'infusion'
left join uncovered as c on c.session_no = s.session_no and c.requirement = q.requirement
group by s.session_no, q.domain, s.ended_at_high
