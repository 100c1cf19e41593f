/* Whose a damaged line was, and of what, as far as its text still says it. */
select
    file_id,
    line,
    case
        when contains(raw, '"MedicationAdministration"') then 'administration'
        when contains(raw, '"Observation"') then 'observation'
        when contains(raw, '"Condition"') then 'condition'
        when contains(raw, '"QuestionnaireResponse"') then 'screening'
        when contains(raw, '"MedicationRequest"') then 'medication_order'
        when contains(raw, '"MedicationStatement"') then 'medication'
        when contains(raw, '"Procedure"') then 'procedure'
        when contains(raw, '"Encounter"') then 'encounter'
        when contains(raw, '"Patient"') then 'patient'
    end as table_name,
    nullif(regexp_extract(raw, '"reference" *: *"([^"]*/)?Patient/([^"/]+)', 2), '') as patient_id
from broken_line
