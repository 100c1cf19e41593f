/* Each session's longest gap per requirement, and whether one is too long, in the favourable and unfavourable reading. */
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
    count(*) - 1 as assessments,
    max(gap_us > allowed_us) as too_long
from monitoring_gap
group by session_no, requirement, reading
