/* Each session's longest gap per requirement, and whether a gap is too long in covered time, in the favourable and unfavourable reading.
A gap longer than an excused pause may hold one whose row was kept out. needed: so many more assessments would have met the interval. */
with doubted as (
    select
        g.session_no,
        g.reading,
        g.requirement,
        g.gap_us,
        g.known_us,
        g.is_covered,
        coalesce(g.is_covered and x.pause_lost and g.known_us > as_us(t.pause_exempt_min), false) as may_hold_pause
    from late_gap as g
    cross join setting as t
    left join lost_row as x on x.session_no = g.session_no
),

late as (
    select
        d.session_no,
        d.reading,
        d.requirement,
        max(d.is_covered and not d.may_hold_pause) as is_covered,
        max(d.may_hold_pause) as may_hold_pause,
        min(d.is_covered) as is_all_covered,
        min(d.known_us = d.gap_us) as is_all_known,
        max(d.known_us) as known_us,
        sum(case when d.is_covered and not d.may_hold_pause then (d.known_us - 1) // r.allowed_us else 0 end) as needed
    from doubted as d
    cross join roomiest as r
    group by d.session_no, d.reading, d.requirement
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
    not coalesce(l.is_all_covered, true) as too_long_uncovered,
    coalesce(l.may_hold_pause, false) as may_hold_pause,
    coalesce(l.needed, 0) as needed,
    case when coalesce(l.is_all_known, true) then g.longest_us else l.known_us end as known_us
from longest as g
left join late as l on l.session_no = g.session_no and l.reading = g.reading and l.requirement = g.requirement
