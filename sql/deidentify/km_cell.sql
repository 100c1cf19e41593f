/* Time watched and overdue by weekday and hour, and department under its pseudonym. */
select
    c.requirement,
    c.rule_id,
    d.alias as department,
    c.weekday,
    c.hour_of_day,
    c.watched_us,
    c.overdue_us,
    c.late_gaps
from km_cell as c
left join alias as d on d.kind = 'department' and d.original = c.department
order by c.requirement, d.alias nulls last, c.weekday, c.hour_of_day
