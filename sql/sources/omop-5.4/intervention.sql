/* OMOP procedures that answer to an abnormal finding, or review a series. */
select
    file_id,
    line,
    person_id as patient_id,
    kind,
    began_at as performed_at
from performed
where feeds = 'intervention'
