/* The session as it was put together. */
select
    s.session_id,
    s.patient_id,
    s.sex,
    s.age_years,
    s.started_at,
    s.ended_at,
    s.ended_at_high,
    s.started_local,
    x.timezone,
    s.site_id,
    s.department,
    s.context,
    i.indication,
    s.weight_kg_low,
    s.weight_kg_high,
    s.weight_source,
    array_to_string(s.flags, ', ') as flags
from session as s
inner join stratum as i on i.session_no = s.session_no
inner join input_file as f on f.file_id = s.start_refs[1] // 4294967296
inner join extract as x on x.extract_id = f.extract_id
