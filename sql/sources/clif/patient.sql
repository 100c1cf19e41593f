/* CLIF 2.1 patients. De-identified extracts leave the birth date out. */
select
    patient_id,
    left(birth_date, 10) as birth_date,
    case when lower(sex_category) in ('female', 'male', 'other') then lower(sex_category) else 'unknown' end as sex,
    file_id,
    line
from clif_patient
