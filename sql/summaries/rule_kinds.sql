-- The findings of each rule by kind, and how many of them are reviewed.
select
    f.rule_id,
    f.kind,
    count(*) as findings,
    count(case when f.review_status = 'reviewed' then 1 end) as reviewed
from report_finding as f
group by f.rule_id, f.kind
order by f.rule_id, findings desc, f.kind
