-- The view that the other summaries share: every violation with its kind, its ranks and how far outside the limit it lies.
-- Kind: the grade of a dose finding, "documentation" for monitoring, else the rule's family.
-- Excess: the distance from the limit as a share of the limit; with bounds, the bound nearest the limit counts.
select
    v.session_id,
    v.patient_id,
    v.site_id,
    v.rule_id,
    v.severity,
    v.observed,
    v.observed_low,
    v.observed_high,
    v.unit,
    v.limit_low,
    v.limit_high,
    v.comparator,
    v.detail,
    v.flags,
    v.evidence,
    r.title,
    r.statement,
    s.started_local,
    s.context,
    s.weight_kg_low,
    s.weight_kg_high,
    cast(date_trunc('month', s.local_date) as date) as month,
    coalesce(v.grade, case when r.family = 'monitoring' then 'documentation' else r.family end, 'other') as kind,
    case v.severity when 'critical' then 0 when 'major' then 1 when 'minor' then 2 else 3 end as severity_rank,
    -- what was given before what was charted about it: a long gap must not push a high dose down the list
    case when r.family = 'monitoring' then 1 else 0 end as paper_rank,
    case
        when v.limit_high > 0 and coalesce(v.observed, v.observed_low) >= v.limit_high
            then cast(coalesce(v.observed, v.observed_low) as double) / v.limit_high - 1
        when v.limit_low > 0 and coalesce(v.observed, v.observed_high) <= v.limit_low
            then 1 - cast(coalesce(v.observed, v.observed_high) as double) / v.limit_low
    end as excess,
    w.status as review_status,
    w.cause as review_cause,
    w.disposition,
    w.review_reason,
    w.was,
    w.reviewers,
    w.first_reviewer,
    w.first_disposition,
    w.first_reviewed_at,
    w.second_reviewer,
    w.second_disposition,
    w.second_reviewed_at,
    w.action,
    w.owner,
    w.action_due,
    w.action_date,
    w.action_overdue,
    w.waived_until,
    w.waiver,
    w.due,
    w.overdue
from verdict as v
left join review as w on w.rule_id = v.rule_id and w.session_id = v.session_id
left join rule as r on v.rule_id = r.rule_id
left join session as s on v.session_id = s.session_id
where v.verdict = 'violation'
