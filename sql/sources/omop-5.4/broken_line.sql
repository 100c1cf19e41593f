/* Of which table a damaged line was; a drug exposure may have been a dose. */
select
    file_id,
    line,
    case table_name
        when 'omop_drug_exposure' then 'administration'
        when 'omop_measurement' then 'observation'
        when 'omop_observation' then 'observation'
        when 'omop_condition' then 'condition'
        when 'omop_procedure' then 'procedure'
        when 'omop_visit' then 'encounter'
        when 'omop_person' then 'patient'
    end as table_name,
    patient_id
from broken_line
