/* FHIR R4 Procedure: what was done in answer to an abnormal finding, by code. */
select
    file_id,
    line,
    patient_id,
    kind,
    began_at as performed_at,
    refused
from performed
where feeds = 'intervention'
