/* The concepts that the maps name: by their id (vocabulary "concept"), or by the code of their vocabulary. */
with mapped as (
    select lower(vocabulary) as vocabulary, lower(code) as code from product_code
    union
    select lower(vocabulary), lower(code) from drug_class_code
    union
    select lower(vocabulary), lower(code) from route_code
    union
    select lower(vocabulary), lower(code) from unit_code
    union
    select lower(vocabulary), lower(code) from observation_code
    union
    select lower(vocabulary), lower(code) from value_code
    union
    select lower(vocabulary), lower(code) from question_code
    union
    select lower(vocabulary), lower(code) from procedure_code
)

select
    code as concept_id,
    vocabulary,
    code
from mapped
where vocabulary = 'concept'
union
select
    c.concept_id,
    m.vocabulary,
    m.code
from omop_concept as c
inner join mapped as m on m.vocabulary = lower(c.vocabulary_id) and m.code = lower(c.concept_code)
where c.concept_id <> '0'
