/* FHIR R4 Patient. */
select
    file_id,
    line,
    id as patient_id,
    birthdate as birth_date,
    coalesce(gender, 'unknown') as sex
from fhir_patient
qualify rank() over (partition by coalesce(id, concat_ws('|', file_id, line)) order by version_of(meta) desc) = 1
