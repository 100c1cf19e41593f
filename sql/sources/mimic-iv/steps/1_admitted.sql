/* Whose an admission is. */
select distinct
    hadm_id,
    subject_id
from admissions
where hadm_id is not null
