-- Findings by severity and by where their review stands.
select
    f.severity,
    count(*) as findings,
    sum(case when f.review_status = 'open' then 1 else 0 end) as open,
    sum(case when f.review_status = 'reopened' then 1 else 0 end) as reopened,
    sum(case when f.review_status = 'second_awaited' then 1 else 0 end) as second_awaited,
    sum(case when f.review_status = 'disagreement' then 1 else 0 end) as disagreement,
    sum(case when f.review_status = 'reviewed' then 1 else 0 end) as reviewed,
    sum(case when f.overdue then 1 else 0 end) as overdue
from report_finding as f
group by f.severity
order by min(f.severity_rank)
