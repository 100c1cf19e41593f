-- Findings by severity and kind.
select
    f.severity,
    f.kind,
    count(*) as findings
from report_finding as f
group by f.severity, f.kind
order by min(f.severity_rank), f.kind
