-- The sessions with an abnormal value that nobody acted on in time, the latest 100.
select
    v.session_id,
    v.patient_id,
    v.rule_id,
    v.observed,
    v.observed_low,
    v.observed_high,
    v.unit,
    v.limit_low,
    v.limit_high,
    v.comparator,
    v.detail,
    s.started_local,
    s.department
from verdict as v
inner join session as s on s.session_id = v.session_id
where v.rule_id in ('KM-04', 'KM-05') and v.verdict = 'violation'
order by s.started_local desc, v.session_id, v.rule_id
limit 100
