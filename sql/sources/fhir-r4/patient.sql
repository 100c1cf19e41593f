/* FHIR R4 Patient. */
select
    file_id,
    line,
    id as patient_id,
    birthdate as birth_date,
    coalesce(gender, 'unknown') as sex,
    case when modifierextension is not null then 'modifier_extension' end as refused
from fhir_patient as p
where not exists (select 1 from older_version as v where v.file_id = p.file_id and v.line = p.line)
