/* OMOP observations that answer a question of the checklist. */
with asked as (
    select
        c.observation_concept_id,
        c.observation_source_concept_id,
        c.observation_source_value,
        case when count(distinct q.item) = 1 then min(q.item) end as item
    from (
        select distinct
            observation_concept_id,
            observation_source_concept_id,
            observation_source_value
        from omop_observation
    ) as c
    left join known_code as k on k.concept_id in (c.observation_concept_id, c.observation_source_concept_id)
    inner join question_code as q
        on (lower(q.vocabulary) = k.vocabulary and lower(q.code) = k.code)
        or (q.vocabulary = 'source' and lower(q.code) = lower(trim(c.observation_source_value)))
    group by c.observation_concept_id, c.observation_source_concept_id, c.observation_source_value
)

select
    o.file_id,
    o.line,
    coalesce(s.person_id, o.person_id) as patient_id,
    o.visit_occurrence_id as encounter_id,
    q.item,
    coalesce(a.value, o.value_as_number) as answer,
    coalesce(o.observation_datetime, o.observation_date) as answered_at,
    o.qualifier_source_value as role,
    case when s.file_id is not null then 'visit_of_another_person' when q.item is null then 'codes_contradict' end as refused
from omop_observation as o
inner join asked as q
    on q.observation_concept_id is not distinct from o.observation_concept_id
    and q.observation_source_concept_id is not distinct from o.observation_source_concept_id
    and q.observation_source_value is not distinct from o.observation_source_value
left join answer as a
    on a.value_as_concept_id is not distinct from o.value_as_concept_id
    and a.value_text is not distinct from coalesce(o.value_as_string, o.value_source_value)
    and o.value_as_number is null
left join astray as s on s.file_id = o.file_id and s.line = o.line
