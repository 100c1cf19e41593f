-- What a run stores for the pages on doses, pharmacy and monitoring; hostile texts where the record can hold any. This protocol judges no contraindication.
create temp table kd_session_dose as select session_no, 15.0 as bolus_mg, 40.0 as infusion_mg, case when session_no % 9 = 0 then 6.0 end as pca_mg,
    case when session_no % 50 = 0 then 55.0 end as pump_total_mg, session_no % 20 > 0 as is_exact from session;
create temp table kd_cap_crossing as select s.session_no, 42.5 + s.session_no % 30 as minutes_to_cap, s.session_no % 3 > 0 as is_exact
from session as s inner join verdict as v on v.session_id = s.session_id where v.rule_id = 'KD-07' and v.verdict = 'violation';
create temp table kd_charted_volume as select s.session_no, v.rule_id, 10.0 as mg_per_ml, true as in_ml
from session as s inner join verdict as v on v.session_id = s.session_id where v.rule_id in ('KD-02', 'KD-04') and v.verdict = 'violation';
create temp table kd_weight_rival as select session_no, 'dosing' as used_source, 150.0::double as used_kg_low, 150.0::double as used_kg_high, case when session_no % 2 = 0 then 'pump' else 'measured' end as rival_source,
    68.0::double as rival_kg_low, 68.0::double as rival_kg_high, $payload as used_file, 2::bigint as used_line, 'observation.csv' as rival_file, 3::bigint as rival_line from session where session_no <= 8;
create temp table kd_concentration as select * from (values
    ('North', 10.0::double, 290, 300, null), ($payload, 1.0::double, 2, 300, [{'session_no': 5, 'file': $payload, 'line': 7}, {'session_no': 6, 'file': 'administration.csv', 'line': 8}])
) as t (site_id, mg_per_ml, sessions, site_sessions, odd);
create temp table kr_container as select session_no, $payload as container_id, 50.0::double as dispensed_mg, 9.0::double as wasted_mg, 0.0::double as returned_mg, 1 as unreadable, 1 as wasted_alone,
    [{'file': $payload, 'line': 3}] as source from session where session_no <= 5;
create temp table km_cell as select r.requirement, r.rule_id, d.department, w.weekday, h.hour_of_day, 7200000000 as watched_us, case when h.hour_of_day in (3, 14) then 600000000 * (w.weekday + 1) else 0 end as overdue_us,
    case when h.hour_of_day in (3, 14) then 1 else 0 end as late_gaps
from (values ('sedation', 'KM-01'), ('respiratory', 'KM-02')) as r (requirement, rule_id), (values ('pain'), ($payload), (null)) as d (department), range(7) as w (weekday), range(24) as h (hour_of_day);
create temp table km_phase as select r.requirement, r.rule_id, p.phase_no::integer as phase_no, 400 as sessions, 1440000000000 as watched_us, 36000000000 // p.phase_no as overdue_us, 12 as late_gaps
from (values ('sedation', 'KM-01'), ('respiratory', 'KM-02')) as r (requirement, rule_id), range(1, 5) as p (phase_no);
create temp table km_gap as select r.requirement, r.rule_id, s.step::integer as step, 1000 // s.step as gaps, case when s.step > 4 then 1000 // s.step else 0 end as late_gaps
from (values ('sedation', 'KM-01'), ('respiratory', 'KM-02')) as r (requirement, rule_id), range(1, 26) as s (step);
create temp table km_longest as select session_no, 'sedation' as requirement, 'KM-01' as rule_id, started_local as gap_from_local, started_local + interval 50 minute as gap_to_local, 0.0 as begins_min, 50.0 as gap_min, 20.0 as allowed_min,
    $payload as from_file, 9 as from_line, cast(null as varchar) as to_file, cast(null as bigint) as to_line from session where session_no <= 60
