-- Sessions spread evenly over six months of 2026, in three sites; the first patients are hostile texts.
create temp table session as
select
    -- numbered by patient, then time, as the views do
    cast(row_number() over (order by case when i <= len($payloads) then $payloads[i] else printf('P%05d', i * 37 % 4001) end, started_at) as integer) as session_no,
    printf('%016x', i * 2654435761 % 4294967296) as session_id,
    case when i <= len($payloads) then $payloads[i] else printf('P%05d', i * 37 % 4001) end as patient_id,
    started_at,
    started_at + interval 90 minute as ended_at,
    started_at + interval 90 minute as ended_at_high,
    started_at - interval 5 hour as started_local,
    cast(started_at - interval 5 hour as date) as local_date,
    printf('E%05d', i) as encounter_id,
    case i % 3 when 0 then 'North' when 1 then 'South' else 'Day clinic' end as site_id,
    'pain' as department, case when i % 11 = 0 then $payloads[2] else 'Dr. Example ' || i % 11 end as prescriber_id,
    case when i % 4 = 0 then 'postsurgical' else 'chronic' end as context,
    'neuropathic_pain' as indication, 40 + i % 40 as age_years, 'female' as sex,
    (55 + i % 50)::decimal(18, 9) as weight_kg_low, (55 + i % 50)::decimal(18, 9) as weight_kg_high, 'dosing' as weight_source,
    case when i % 17 = 0 then ['weight_lb_kg_suspected'] when i % 5 = 0 then ['context_assumed'] else []::varchar[] end as flags, 12 as row_count
from (select i, timestamp '2026-04-01 13:00:00' + to_minutes(i * 263000 // $sessions) as started_at from range(1, $sessions + 1) as r(i))
