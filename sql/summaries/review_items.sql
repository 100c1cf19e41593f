-- Findings with something to follow up: opened again, not settled between reviewers, with an action or with a waiver.
select
    f.session_id,
    f.rule_id,
    f.severity,
    f.patient_id,
    f.started_local,
    f.review_status,
    f.review_cause,
    f.disposition,
    f.review_reason,
    f.first_reviewer,
    f.second_reviewer,
    f.action,
    f.owner,
    f.action_due,
    f.action_date,
    f.action_overdue,
    f.waived_until,
    f.waiver,
    f.due,
    f.overdue
from report_finding as f
where f.review_status in ('reopened', 'second_awaited', 'disagreement') or f.action is not null or f.waiver is not null
order by f.severity_rank, f.started_local, f.session_id, f.rule_id
