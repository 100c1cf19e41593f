/* The gaps between neighbouring assessments in steps of 5 minutes (the last step holds everything above 2 hours), and how many of them are late. */
with late as (
    select session_no, requirement, gap_from, gap_us
    from late_gap
    where is_covered
),

counted as (
    select
        a.requirement,
        a.rule_id,
        least(greatest((g.gap_us + 299999999) // 300000000, 1), 25) as step,
        0 as late_gaps,
        1 as gaps
    from monitoring_gap as g
    inner join km_answered as a on a.session_no = g.session_no and a.requirement = g.requirement
    where g.reading = 'favourable'
    union all
    select
        a.requirement,
        a.rule_id,
        least((g.gap_us + 299999999) // 300000000, 25),
        1,
        0
    from late as g
    inner join km_answered as a on a.session_no = g.session_no and a.requirement = g.requirement
)

select
    requirement,
    rule_id,
    cast(step as integer) as step,
    cast(sum(gaps) as bigint) as gaps,
    cast(sum(late_gaps) as bigint) as late_gaps
from counted
group by requirement, rule_id, step
order by requirement, step
