/* MIMIC-IV patients. An age in an anchor year is no birth date, and none is made of it. */
select
    subject_id as patient_id,
    case gender when 'F' then 'female' when 'M' then 'male' else 'unknown' end as sex,
    file_id,
    line
from patients
