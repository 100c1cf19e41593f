/* FHIR R4 QuestionnaireResponse: the answers to the questions of the checklist. */
with known_value as (
    select distinct value
    from value_code
)

select
    a.file_id,
    a.line,
    case when d.line is null then a.patient_id else d.patient_id end as patient_id,
    coalesce(whole.whole_id, a.encounter_id) as encounter_id,
    q.item,
    case
        when a.answer.boolean = 'true' then 'yes'
        when a.answer.boolean = 'false' then 'no'
        else coalesce(v.value, lower(coalesce(a.answer.words, a.answer.coding.display, a.answer.coding.code)))
    end as answer,
    a.answered_at,
    a.role,
    coalesce(d.refused, case when w.value <> v.value then 'codes_contradict' end) as refused
from answered as a
inner join question as q on q.link_id = a.link_id
left join admission as whole on whole.id = a.encounter_id
left join value_code as v on v.system = a.answer.coding.system and v.code = a.answer.coding.code
left join known_value as w on w.value = lower(trim(a.answer.coding.display))
left join doubted as d on d.file_id = a.file_id and d.line = a.line
