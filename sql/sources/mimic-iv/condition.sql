/* MIMIC-IV hospital diagnoses. ICD-10-CM codes come without their dot; ICD-9-CM is another system to this product. */
select
    subject_id as patient_id,
    hadm_id as encounter_id,
    case
        when icd_version = '10' and length(trim(icd_code)) > 3 and not contains(icd_code, '.')
            then left(trim(icd_code), 3) || '.' || substr(trim(icd_code), 4)
        else trim(icd_code)
    end as code,
    case icd_version when '10' then 'icd10cm' else 'other' end as code_system,
    'encounter' as category,
    file_id,
    line
from diagnoses_icd
