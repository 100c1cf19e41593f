/* The answers of finished questionnaires, also those below another question or answer, each with the id of its question.

Four levels are read; of what lies deeper, only that it is there (is_too_deep). */
with response as (
    select
        file_id,
        line,
        reference_id(subject.reference) as patient_id,
        nullif(reference_id(encounter.reference), '') as encounter_id,
        authored as answered_at,
        coalesce(author.display, split_part(author.reference, '/', 1)) as role,
        item
    from (
        from fhir_questionnaireresponse
        qualify rank() over (partition by coalesce(id, concat_ws('|', file_id, line)) order by version_of(meta) desc) = 1
    ) as latest
    where status in ('completed', 'amended')
),

first_level as (
    select
        * exclude (item),
        unnest(item) as question
    from response
),

second_level as (
    select
        * exclude (question),
        unnest(list_concat(question.item, flatten(list_transform(question.answer, lambda one: one.item)))) as question
    from first_level
),

third_level as (
    select
        * exclude (question),
        unnest(list_concat(question.item, flatten(list_transform(question.answer, lambda one: one.item)))) as question
    from second_level
),

fourth_level as (
    select
        * exclude (question),
        unnest(list_concat(question.item, flatten(list_transform(question.answer, lambda one: one.item)))) as question
    from third_level
),

asked as (
    select
        file_id,
        line,
        patient_id,
        encounter_id,
        answered_at,
        role,
        question.linkid as link_id,
        list_transform(question.answer, lambda one: struct_pack(boolean := one.valueboolean, words := one.valuestring, coding := one.valuecoding)) as answers
    from first_level
    union all
    select
        file_id,
        line,
        patient_id,
        encounter_id,
        answered_at,
        role,
        question.linkid,
        list_transform(question.answer, lambda one: struct_pack(boolean := one.valueboolean, words := one.valuestring, coding := one.valuecoding))
    from second_level
    union all
    select
        file_id,
        line,
        patient_id,
        encounter_id,
        answered_at,
        role,
        question.linkid,
        list_transform(question.answer, lambda one: struct_pack(boolean := one.valueboolean, words := one.valuestring, coding := one.valuecoding))
    from third_level
    union all
    select
        file_id,
        line,
        patient_id,
        encounter_id,
        answered_at,
        role,
        question.linkid,
        list_transform(question.answer, lambda one: struct_pack(boolean := one.valueboolean, words := one.valuestring, coding := one.valuecoding))
    from fourth_level
)

select
    file_id,
    line,
    patient_id,
    encounter_id,
    answered_at,
    role,
    link_id,
    unnest(answers) as answer,
    false as is_too_deep
from asked
union all
select
    file_id,
    line,
    patient_id,
    encounter_id,
    answered_at,
    role,
    null,
    null,
    true
from fourth_level
where question.item is not null or len(list_filter(question.answer, lambda one: one.item is not null)) > 0
