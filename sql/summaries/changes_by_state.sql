-- How many findings of a comparison are new, still there or gone; recurrent: a new session of a patient with the same finding then.
select
    c.which,
    c.state,
    count(*) as findings,
    count(case when c.is_recurrent then 1 end) as recurrent
from report_change as c
group by c.which, c.state
order by c.which, c.state
