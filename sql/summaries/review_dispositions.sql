-- Settled findings by disposition.
select
    f.disposition,
    count(*) as findings
from report_finding as f
where f.review_status = 'reviewed'
group by f.disposition
order by f.disposition
