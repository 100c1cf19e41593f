-- An earlier run over most of the same sessions: most findings were there, some are resolved, some lie outside or are gone.
create temp table session_before as
select 'run' as which, session_id, patient_id, local_date from session where hash(session_id || 'before') % 10 > 0
union all
select 'run', 'elsewhere' || i, $payload, date '2025-12-01' from range(3) as past (i)
union all
select 'run', 'vanished' || i, $payload, date '2026-05-05' from range(2) as past (i);
create temp table finding_before as
select 'run' as which, md5(v.rule_id || chr(31) || v.session_id) as finding_key, v.session_id, v.rule_id, v.severity, 1.25 as observed, '2026-05-05T08:00:00Z' as session_started_at
from verdict as v
inner join session_before as s on s.session_id = v.session_id
where (v.verdict = 'violation' and hash(v.session_id || v.rule_id) % 4 > 0) or (v.verdict in ('compliant', 'not_evaluable') and hash(v.session_id || v.rule_id) % 50 = 0)
union all
select 'run', 'k' || session_id, session_id, 'KD-01', 'major', 0.4, '2025-12-01T08:00:00Z'
from session_before where session_id like 'elsewhere%' or session_id like 'vanished%';
create temp table this_period as select date '2026-04-01' as first_day, date '2026-09-30' as last_day;
create temp table tally_before (run_id varchar, place varchar, rule_id varchar, compliant bigint, violation bigint);
create temp table own_day as select distinct place from tally where part = 'day'
