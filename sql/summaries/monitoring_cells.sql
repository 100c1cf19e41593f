-- Time watched and overdue by requirement, weekday and hour of the site's clock, over all departments.
select
    requirement,
    rule_id,
    weekday,
    hour_of_day,
    sum(watched_us) / 3600000000.0 as watched_h,
    sum(overdue_us) / 3600000000.0 as overdue_h,
    sum(late_gaps) as late_gaps
from km_cell
group by requirement, rule_id, weekday, hour_of_day
order by rule_id, requirement, weekday, hour_of_day
