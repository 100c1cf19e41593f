-- Findings of each local month by kind, for the trend.
select
    f.month,
    f.kind,
    count(*) as findings
from report_finding as f
where f.month is not null
group by f.month, f.kind
order by f.month, f.kind
