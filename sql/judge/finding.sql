/* The violations for a spreadsheet: one row each, with a stable key; text that a spreadsheet would run as a formula is made inert. After the finding stands its review. */
with violation as (
    select
        md5(v.rule_id || chr(31) || v.session_id) as finding_key,
        v.run_id,
        inert(v.session_id) as session_id,
        inert(v.patient_id) as patient_id,
        strftime(v.session_started_at, '%Y-%m-%dT%H:%M:%SZ') as session_started_at,
        inert(v.site_id) as site_id,
        v.rule_id,
        v.severity,
        v.grade,
        v.observed,
        v.observed_low,
        v.observed_high,
        v.unit,
        v.limit_low,
        v.limit_high,
        v.comparator,
        v.reason,
        inert(v.detail) as detail,
        array_to_string(v.flags, '; ') as flags,
        inert(array_to_string(list_transform(v.evidence, lambda e: e.file || ':' || cast(e.line as varchar)), '; ')) as evidence
    from verdict as v
    where v.verdict = 'violation'
)

select
    f.*,
    w.status as review_status,
    w.cause as review_cause,
    w.due as review_due,
    w.overdue as review_overdue,
    w.disposition,
    inert(w.review_reason) as review_reason,
    inert(w.first_reviewer) as reviewer,
    w.first_reviewed_at as reviewed_at,
    inert(w.second_reviewer) as second_reviewer,
    w.second_disposition,
    w.second_reviewed_at,
    inert(w.action) as action,
    inert(w.owner) as owner,
    w.action_due,
    w.action_date,
    w.action_overdue,
    w.waived_until
from violation as f
left join review as w on w.finding_key = f.finding_key
order by f.session_started_at, f.session_id, f.rule_id
