/* The answers of finished questionnaires, also those below another question or answer, each with the id of its question.

Four levels are read; of what lies deeper, only that it is there (is_too_deep). */
with response as (
    select
        struct_pack(
            file_id := file_id,
            line := line,
            patient_id := reference_id(subject.reference),
            encounter_id := nullif(reference_id(encounter.reference), ''),
            answered_at := authored,
            role := coalesce(author.display, split_part(author.reference, '/', 1))
        ) as response,
        item
    from fhir_questionnaireresponse as q
    where status in ('completed', 'amended') and not exists (select 1 from older_version as v where v.file_id = q.file_id and v.line = q.line)
),

first_level as (
    select
        response,
        unnest(item) as question
    from response
),

second_level as (
    select
        response,
        unnest(items_below(question)) as question
    from first_level
    where has_items_below(question)
),

third_level as (
    select
        response,
        unnest(items_below(question)) as question
    from second_level
    where has_items_below(question)
),

fourth_level as (
    select
        response,
        unnest(items_below(question)) as question
    from third_level
    where has_items_below(question)
),

asked as (
    select response, question.linkid as link_id, answers_of(question) as answers, false as is_too_deep from first_level
    union all
    select response, question.linkid, answers_of(question), false from second_level
    union all
    select response, question.linkid, answers_of(question), false from third_level
    union all
    select response, question.linkid, answers_of(question), false from fourth_level
    union all
    select response, null, [null], true from fourth_level where has_items_below(question)
)

select
    unnest(response),
    link_id,
    unnest(answers) as answer,
    is_too_deep
from asked
