/* The violations for a spreadsheet: one row each, with a stable key; text that a spreadsheet would run as a formula is made inert. */
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
order by v.session_started_at, v.session_id, v.rule_id
