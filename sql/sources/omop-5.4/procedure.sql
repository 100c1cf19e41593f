/* OMOP procedures: operations and others. */
select
    file_id,
    line,
    person_id as patient_id,
    kind,
    ended_at
from performed
where feeds = 'procedure'
