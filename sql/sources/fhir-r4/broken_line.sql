/* Whose a damaged line was, and of what, as far as its text still says it: the subject's id, else a patient's, that is known to be whole by what follows it. */
with told as (
    select
        file_id,
        line,
        raw,
        replace(raw, '\/', '/') as words
    from broken_line
)

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
    coalesce(
        nullif(regexp_extract(words, '"subject" *: *\{[^{}]*"reference" *: *"([^"]*/Patient/|Patient/|urn:uuid:)([^"/]+)["/]', 2), ''),
        nullif(regexp_extract(words, '"reference" *: *"([^"]*/)?Patient/([^"/]+)["/]', 2), '')
    ) as patient_id
from told
