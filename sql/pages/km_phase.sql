/* Time watched and time overdue by hour of the infusion, counted from the session's start; and how many late gaps began there. Microseconds. */
with phase as (
    select
        col0 as phase_no,
        cast(col1 as bigint) * 3600000000 as from_us,
        cast(col2 as bigint) * 3600000000 as until_us
    from (values (1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 1000000))
),

stretch as (
    select session_no, null as requirement, started_at, ended_at, false as begins
    from watched
    union all
    select session_no, requirement, overdue_from, overdue_to, begins
    from overdue
),

placed as (
    select
        a.requirement,
        a.rule_id,
        a.session_no,
        t.requirement is not null as is_overdue,
        t.begins,
        epoch_us(t.started_at) - epoch_us(a.started_at) as from_us,
        epoch_us(t.ended_at) - epoch_us(a.started_at) as until_us
    from km_answered as a
    inner join stretch as t on t.session_no = a.session_no and coalesce(t.requirement = a.requirement, true)
)

select
    p.requirement,
    p.rule_id,
    f.phase_no,
    count(distinct p.session_no) as sessions,
    cast(sum(case when p.is_overdue then 0 else least(p.until_us, f.until_us) - greatest(p.from_us, f.from_us) end) as bigint) as watched_us,
    cast(sum(case when p.is_overdue then least(p.until_us, f.until_us) - greatest(p.from_us, f.from_us) else 0 end) as bigint) as overdue_us,
    sum(case when p.begins and p.from_us >= f.from_us then 1 else 0 end) as late_gaps
from placed as p
inner join phase as f on p.from_us < f.until_us and p.until_us > f.from_us
group by p.requirement, p.rule_id, f.phase_no
order by p.requirement, f.phase_no
