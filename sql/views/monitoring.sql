/* Each session's longest gap per requirement, and whether a gap is too long in covered time, in the favourable and unfavourable reading. */
with late as (
    select
        session_no,
        reading,
        requirement,
        max(is_covered) as is_covered,
        min(is_covered) as is_all_covered
    from late_gap
    group by session_no, reading, requirement
),

longest as (
    select
        session_no,
        requirement,
        reading,
        max(gap_us) as longest_us,
        max_by(
            {
                'gap_from': gap_from,
                'gap_to': gap_to,
                'from_ref': from_ref,
                'to_ref': to_ref
            },
            (gap_us, -epoch_us(gap_from))
        ) as longest,
        count(*) - 1 as assessments
    from monitoring_gap
    group by session_no, requirement, reading
)

select
    g.*,
    l.session_no is not null as too_long,
    coalesce(l.is_covered, false) as too_long_covered,
    not coalesce(l.is_all_covered, true) as too_long_uncovered
from longest as g
left join late as l on l.session_no = g.session_no and l.reading = g.reading and l.requirement = g.requirement
