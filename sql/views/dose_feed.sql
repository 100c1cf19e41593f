/* Whether the supplied administrations cover each session, with the hours before it that a window of that length reaches: outside, a dose may be missing. */
select
    s.session_no,
    w.window_h,
    count(c.table_name) > 0 as is_covered
from session as s
cross join (
    select 0 as window_h
    union
    select window_h
    from window_length
) as w
left join covered_time as c
    on
        c.table_name = 'administration'
        and c.site = s.site
        and (c.department is null or c.department = s.department)
        and c.covered_from <= s.started_at - w.window_h * interval 1 hour
        and c.covered_to > s.started_at
        and c.covered_to >= greatest(s.ended_at, coalesce(s.ended_at_high, s.ended_at))
group by s.session_no, w.window_h
