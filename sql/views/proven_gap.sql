/*
What is proven of the gaps of each session and of its recovery, per requirement, when every observation that was kept out may have been an assessment.
needed: so many at least are missing from the gaps that are too long. So many rows part the gaps best where the longest that is left is shortest:
that length is the (rows + 1)th largest of all gaps and all their halves, thirds ...
*/
with part as (
    select 'infusion' as period, session_no, requirement, known_us, is_late, may_hold_pause
    from gap_part
    union all
    select 'infusion', m.session_no, m.requirement, m.longest_us, m.too_long, false
    from monitoring as m
    inner join plainly_watched as w on w.session_no = m.session_no and w.requirement = m.requirement
    where m.reading = 'favourable'
    union all
    select 'recovery', session_no, requirement, known_us, is_late, false
    from recovery_part
),

lost as (
    select session_no, requirement, count(*) as lost_rows, list(ref order by ref) as refs
    from lost_observation
    group by session_no, requirement
),

share as (
    select session_no, requirement, lost_rows, unnest(range(1, lost_rows + 2)) as pieces
    from lost
),

piece as (
    select
        p.period,
        p.session_no,
        p.requirement,
        n.lost_rows,
        p.known_us / n.pieces as length_us,
        row_number() over (partition by p.period, p.session_no, p.requirement order by p.known_us / n.pieces desc) as place
    from part as p
    inner join share as n on n.session_no = p.session_no and n.requirement = p.requirement
),

summed as (
    select
        p.period,
        p.session_no,
        p.requirement,
        max(p.is_late) as is_late,
        max(p.may_hold_pause) as may_hold_pause,
        max(p.known_us) as known_us,
        sum(case when p.is_late then (p.known_us - 1) // r.allowed_us else 0 end) as needed
    from part as p
    cross join roomiest as r
    group by p.period, p.session_no, p.requirement
)

select
    s.period,
    s.session_no,
    s.requirement,
    s.is_late and (o.lost_rows is null or s.needed > o.lost_rows) as is_missed,
    coalesce(s.is_late and s.needed <= o.lost_rows, false) as assessment_lost,
    s.may_hold_pause,
    coalesce(p.length_us, s.known_us) as low_us,
    o.refs as lost_refs
from summed as s
left join lost as o on o.session_no = s.session_no and o.requirement = s.requirement
left join piece as p on p.period = s.period and p.session_no = s.session_no and p.requirement = s.requirement and p.place = p.lost_rows + 1
