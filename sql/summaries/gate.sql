-- The checks of the data-quality gate, those that failed first.
select
    g.check_name,
    g.severity,
    g.status,
    g.observed,
    g.expected,
    g.detail
from gate_check as g
order by
    case g.status when 'failed' then 0 when 'skipped' then 1 else 2 end,
    case g.severity when 'critical' then 0 else 1 end,
    g.check_name
