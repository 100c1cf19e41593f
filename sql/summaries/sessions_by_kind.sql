-- The number of sessions with at least one finding of a kind; a session can stand under several.
select
    f.kind,
    count(*) as findings,
    count(distinct f.session_id) as sessions
from report_finding as f
group by f.kind
order by f.kind
