/* Gaps between assessments that are too long in the favourable reading, and the covered part of each that says most: alone it is too long (is_covered), or it leaves the gap open. */
with late as (
    select *
    from monitoring_gap
    where reading = 'favourable' and gap_us > allowed_us
),

known as (
    select
        p.session_no,
        p.requirement,
        p.gap_from,
        max(p.charted_us > p.allowed_us) as is_covered,
        max_by(
            {
                'known_from': p.known_from,
                'known_to': p.known_to,
                'allowed_us': p.allowed_us
            },
            (p.charted_us > p.allowed_us, p.charted_us, -epoch_us(p.known_from))
        ) as longest
    from gap_part as p
    inner join late as g on g.session_no = p.session_no and g.requirement = p.requirement and g.gap_from = p.gap_from
    group by p.session_no, p.requirement, p.gap_from
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
from late as g
left join known as k on k.session_no = g.session_no and k.requirement = g.requirement and k.gap_from = g.gap_from
