/* Sessions under pseudonyms, their times moved by the patient's number of weeks. local_date stays unknown, so that nothing is counted by a month that never was. Ages over 89 are 90. */
select
    s.session_no,
    i.alias as session_id,
    p.alias as patient_id,
    s.started_at + to_days(p.shift_d) as started_at,
    s.ended_at + to_days(p.shift_d) as ended_at,
    s.ended_at_high + to_days(p.shift_d) as ended_at_high,
    s.times_uncertain,
    s.started_local + to_days(p.shift_d) as started_local,
    s.ended_local + to_days(p.shift_d) as ended_local,
    cast(null as date) as local_date,
    cast(null as varchar) as encounter_id,
    s.has_infusion,
    s.row_count,
    cast([] as bigint []) as start_refs,
    cast([] as bigint []) as edge_refs,
    w.alias as site_id,
    d.alias as department,
    s.encounter_ended_at + to_days(p.shift_d) as encounter_ended_at,
    r.alias as prescriber_id,
    s.indication,
    s.context,
    s.context_conflict,
    s.context_assumed,
    cast([] as bigint []) as context_refs,
    s.sex,
    cast(null as date) as birth_date,
    least(s.age_years, 90) as age_years,
    s.not_in_force,
    s.below_age,
    s.weight_kg_low,
    s.weight_kg_high,
    s.weight_source,
    cast([] as bigint []) as weight_refs,
    s.weight_reason,
    s.weight_flags,
    s.flags
from session as s
inner join alias as i on i.kind = 'session' and i.original = s.session_id
inner join alias as p on p.kind = 'patient' and p.original = s.patient_id
left join alias as w on w.kind = 'site' and w.original = s.site_id
left join alias as d on d.kind = 'department' and d.original = s.department
left join alias as r on r.kind = 'prescriber' and r.original = s.prescriber_id
order by s.session_no
