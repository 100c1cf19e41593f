/* MIMIC-IV hospital diagnoses. ICD-10-CM codes come without their dot; ICD-9-CM is another system to this product.

One of an admission of another patient may be either's: it is refused for both. */
with coded as (
    select
        d.subject_id,
        d.hadm_id,
        case
            when d.icd_version = '10' and length(trim(d.icd_code)) > 3 and not contains(d.icd_code, '.')
                then left(trim(d.icd_code), 3) || '.' || substr(trim(d.icd_code), 4)
            else trim(d.icd_code)
        end as code,
        case d.icd_version when '10' then 'icd10cm' else 'other' end as code_system,
        'encounter' as category,
        case when own.subject_id is null and known.hadm_id is not null then 'encounter_of_another_patient' end as refused,
        d.file_id,
        d.line
    from diagnosis_row as d
    left join admitted as own on own.hadm_id = d.hadm_id and own.subject_id = d.subject_id
    left join (select distinct hadm_id from admitted) as known on known.hadm_id = d.hadm_id
),

row_of as (
    select
        subject_id as patient_id,
        *
    from coded
    union all by name
    select
        a.subject_id as patient_id,
        c.*
    from coded as c
    inner join admitted as a on a.hadm_id = c.hadm_id
    where c.refused is not null
)

select
    patient_id,
    hadm_id as encounter_id,
    code,
    code_system,
    category,
    refused,
    file_id,
    line
from row_of
