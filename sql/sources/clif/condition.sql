/* CLIF 2.1 hospital diagnoses. ICD-10-CM codes come without their dot; ICD-9-CM is another system to this product. */
select
    h.patient_id,
    d.hospitalization_id as encounter_id,
    case
        when d.diagnosis_code_format = 'ICD10CM' and length(d.diagnosis_code) > 3 and not contains(d.diagnosis_code, '.')
            then left(d.diagnosis_code, 3) || '.' || substr(d.diagnosis_code, 4)
        else d.diagnosis_code
    end as code,
    case d.diagnosis_code_format when 'ICD10CM' then 'icd10cm' else 'other' end as code_system,
    'encounter' as category,
    case d.poa_present when '1' then 'Y' when '0' then 'N' else d.poa_present end as present_on_admission,
    h.refused,
    d.file_id,
    d.line
from clif_hospital_diagnosis as d
left join stay as h on h.hospitalization_id = d.hospitalization_id
