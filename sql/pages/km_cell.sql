/* Time watched and time overdue by weekday (0 is Monday) and hour of the site's clock and by department; and how many late gaps began there. Microseconds. */
with stretch as (
    select session_no, null as requirement, started_at, ended_at, false as begins
    from watched
    union all
    select session_no, requirement, overdue_from, overdue_to, begins
    from overdue
),

clock as (
    select distinct session_no, department, lead_us, changed_zone
    from km_answered
),

placed as (
    select
        t.session_no,
        t.requirement,
        t.begins,
        c.department,
        c.lead_us,
        c.changed_zone,
        epoch_us(t.started_at) + c.lead_us as from_us,
        epoch_us(t.ended_at) + c.lead_us as until_us
    from stretch as t
    inner join clock as c on c.session_no = t.session_no
),

cut as (
    select
        *,
        unnest(generate_series(from_us // 3600000000, (until_us - 1) // 3600000000)) as hour_no
    from placed
),

piece as (
    select
        session_no,
        requirement,
        department,
        begins and hour_no = from_us // 3600000000 as begins,
        case
            when changed_zone is not null
                then epoch_us(timezone(changed_zone, timezone('UTC', make_timestamp(greatest(from_us, hour_no * 3600000000) - lead_us)))) // 3600000000
            else hour_no
        end as hour_no,
        least(until_us, (hour_no + 1) * 3600000000) - greatest(from_us, hour_no * 3600000000) as piece_us
    from cut
),

/* 1 January 1970 was a Thursday. */
summed as (
    select
        session_no,
        requirement,
        department,
        cast((hour_no // 24 + 3) % 7 as integer) as weekday,
        cast(hour_no % 24 as integer) as hour_of_day,
        sum(piece_us) as piece_us,
        sum(case when begins then 1 else 0 end) as late_gaps
    from piece
    group by session_no, requirement, department, weekday, hour_of_day
)

select
    a.requirement,
    a.rule_id,
    p.department,
    p.weekday,
    p.hour_of_day,
    cast(sum(case when p.requirement is null then p.piece_us else 0 end) as bigint) as watched_us,
    cast(sum(case when p.requirement is not null then p.piece_us else 0 end) as bigint) as overdue_us,
    cast(sum(p.late_gaps) as bigint) as late_gaps
from summed as p
inner join km_answered as a on a.session_no = p.session_no and coalesce(p.requirement = a.requirement, true)
group by a.requirement, a.rule_id, p.department, p.weekday, p.hour_of_day
order by a.requirement, p.department nulls last, p.weekday, p.hour_of_day
