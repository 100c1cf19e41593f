/* The answers of finished questionnaires, also those below another question, each with the id of its question. */
with response as (
    select
        file_id,
        line,
        reference_id(subject.reference) as patient_id,
        nullif(reference_id(encounter.reference), '') as encounter_id,
        authored as answered_at,
        coalesce(author.display, split_part(author.reference, '/', 1)) as role,
        item
    from fhir_questionnaireresponse
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
        unnest(question.item) as question
    from first_level
),

third_level as (
    select
        * exclude (question),
        unnest(question.item) as question
    from second_level
),

asked as (
    select
        * exclude (question),
        question.linkid as link_id,
        question.answer
    from first_level
    union all
    select
        * exclude (question),
        question.linkid,
        question.answer
    from second_level
    union all
    select
        * exclude (question),
        question.linkid,
        question.answer
    from third_level
)

select
    * exclude (answer),
    unnest(answer) as answer
from asked
