/* Of which table a damaged line was; an event of a drug may have been a dose. */
select
    file_id,
    line,
    case table_name
        when 'inputevents' then 'administration'
        when 'emar' then 'administration'
        when 'emar_detail' then 'administration'
        when 'chartevents' then 'observation'
        when 'diagnoses_icd' then 'condition'
        when 'procedureevents' then 'procedure'
        when 'admissions' then 'encounter'
        when 'patients' then 'patient'
    end as table_name,
    patient_id
from broken_line
