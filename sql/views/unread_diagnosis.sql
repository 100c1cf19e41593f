/*
Sessions whose patient has a diagnosis that no code set can read: in another code system, or a code that is none.
Then the absence of a code says nothing; and what a broken code meant cannot be known.
*/
select
    s.session_no,
    count(*) filter (where c.code_system = 'icd10cm') > 0 as has_broken,
    list(cast(c.file_id as bigint) * 4294967296 + c.line order by c.file_id, c.line) as refs
from session as s
inner join condition as c on c.patient_id = s.patient_id
left join encounter as v on v.encounter_id = c.encounter_id and v.patient_id = c.patient_id
where
    (
        c.code_system <> 'icd10cm'
        or not regexp_full_match(replace(replace(upper(c.code), '.', ''), ' ', ''), '[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}')
    )
    and not coalesce(coalesce(c.onset_at, v.started_at, c.recorded_at) > s.started_at, false)
    and not coalesce(c.resolved_at <= s.started_at, false)
group by s.session_no
