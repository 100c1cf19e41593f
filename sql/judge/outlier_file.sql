/* The pharmacy worklist for a spreadsheet; text that a spreadsheet would run as a formula is made inert. */
select
    place,
    kind,
    inert(session_id) as session_id,
    inert(patient_id) as patient_id,
    inert(site_id) as site_id,
    strftime(started_local, '%Y-%m-%dT%H:%M:%S') as started_local,
    context,
    rule_id,
    verdict,
    grade,
    severity,
    observed,
    observed_low,
    observed_high,
    unit,
    limit_low,
    limit_high,
    comparator,
    round(usual, 6) as usual,
    usual_sessions,
    round(robust_score, 2) as robust_score,
    array_to_string(suspected, '; ') as suspected,
    inert(reason) as reason,
    inert(array_to_string(list_transform(source, lambda e: e.file || ':' || cast(e.line as varchar)), '; ')) as evidence
from outlier
order by place
