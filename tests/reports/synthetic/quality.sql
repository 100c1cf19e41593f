-- The gate, the files, and what was kept out.
create temp table gate_check as select * from (values
    ('sessions_volume', 'critical', 'passed', '412', '350 to 520', 'Sessions in the last month against the twelve months before.'),
    ('weights_present', 'warning', 'failed', '91.2 %', 'at least 95 %', 'Sessions with a usable weight. ' || $payload),
    ('freshness', 'critical', 'passed', '1 day', 'at most 7 days', 'Age of the newest row when the extract was made.'),
    ('unknown_units', 'warning', 'skipped', null, 'at most 1 %', null)
) as g(check_name, severity, status, observed, expected, detail);
create temp table input_file as select * from (values
    (1, 1, 'administration', 'administration.csv', repeat('a1', 32), 5210::bigint, 5192::bigint, 11::bigint, 7::bigint),
    (2, 1, 'observation', 'observation/part-2026-04.csv', repeat('b2', 32), 40210, 40199, 11, 0),
    (3, 1, 'observation', 'observation/' || $payload || '.csv', repeat('c3', 32), 38111, 38111, 0, 0),
    (4, 1, 'patient', 'patient.csv', repeat('d4', 32), 300, 300, 0, 0)
) as f(file_id, extract_id, table_name, file, sha256, received, loaded, quarantined, duplicates);
create temp table quarantine as
select 1 as file_id, 'administration' as table_name, i as line, 'row' as scope, 'started_at' as column_name, 'not_a_time' as reason, '31/02' as raw,
    null::varchar as patient_id, null::varchar as event, null::varchar as product, null::varchar as route, null::varchar as status, null::date as on_date from range(11) as r(i)
union all select 2, 'observation', i, 'row', 'kind', 'required_empty', '', null, null, null, null, null, null from range(11) as r(i)
union all select 2, 'observation', i, 'cell', 'value', 'not_a_number', $payload, null, null, null, null, null, null from range(29) as r(i);
create temp table unknown_column as select * from (values (1, 'nurse_comment'), (1, $payload)) as u(file_id, column_name);
