/* FHIR R4 QuestionnaireResponse: the answers to the questions of the checklist. */
select
    a.file_id,
    a.line,
    a.patient_id,
    coalesce(whole.whole_id, a.encounter_id) as encounter_id,
    q.item,
    case
        when a.answer.boolean = 'true' then 'yes'
        when a.answer.boolean = 'false' then 'no'
        else coalesce(v.value, lower(coalesce(a.answer.words, a.answer.coding.display, a.answer.coding.code)))
    end as answer,
    a.answered_at,
    a.role
from answered as a
inner join question as q on q.link_id = a.link_id
left join admission as whole on whole.id = a.encounter_id
left join value_code as v on v.system = a.answer.coding.system and v.code = a.answer.coding.code
