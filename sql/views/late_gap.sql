/* Gaps between assessments that are too long in the favourable reading, and the covered part of each that says most: alone it is too long (is_covered), or it leaves the gap open. */
with known as (
    select
        session_no,
        requirement,
        gap_from,
        max(charted_us > allowed_us) as is_covered,
        max_by(
            {
                'known_from': known_from,
                'known_to': known_to,
                'allowed_us': allowed_us
            },
            (charted_us > allowed_us, charted_us, -epoch_us(known_from))
        ) as longest
    from gap_part
    group by session_no, requirement, gap_from
)

select
    g.session_no,
    g.requirement,
    g.gap_from,
    g.gap_to,
    g.from_ref,
    g.to_ref,
    g.gap_us,
    g.allowed_us,
    coalesce(k.is_covered, false) as is_covered,
    k.longest.known_from,
    k.longest.known_to,
    k.longest.allowed_us as known_allowed_us
from monitoring_gap as g
left join known as k on k.session_no = g.session_no and k.requirement = g.requirement and k.gap_from = g.gap_from
where g.reading = 'favourable' and g.gap_us > g.allowed_us
