/* FHIR R4 Procedure: operations and others, by category or code. */
select
    file_id,
    line,
    patient_id,
    kind,
    ended_at,
    refused
from performed
where feeds = 'procedure'
