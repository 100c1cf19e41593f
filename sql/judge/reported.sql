/* The violations as a run remembers them, for its reviews and for later runs: small, and never changed by a review. */
select
    md5(v.rule_id || chr(31) || v.session_id) as finding_key,
    v.run_id,
    v.session_id,
    strftime(v.session_started_at, '%Y-%m-%dT%H:%M:%SZ') as session_started_at,
    v.rule_id,
    v.severity,
    v.grade,
    v.observed
from verdict as v
where v.verdict = 'violation'
order by v.session_started_at, v.session_id, v.rule_id
