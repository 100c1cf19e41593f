/* OMOP conditions: the source concept's code, else a source value of the form "vocabulary:code", else the source value, else the standard concept's code.

A date alone is the beginning of that day, as OMOP has it, and of an end its last second: on that day it was still there. */
with coded as (
    select
        c.*,
        coalesce(
            s.vocabulary_id,
            case when contains(c.condition_source_value, ':') then split_part(c.condition_source_value, ':', 1) end,
            case when c.condition_source_value is not null then 'source' end,
            k.vocabulary_id,
            'concept'
        ) as vocabulary,
        coalesce(
            s.concept_code,
            case when contains(c.condition_source_value, ':') then split_part(c.condition_source_value, ':', 2) else c.condition_source_value end,
            k.concept_code,
            c.condition_concept_id
        ) as code
    from omop_condition as c
    left join (
        select
            concept_id,
            min(vocabulary_id) as vocabulary_id,
            min(concept_code) as concept_code
        from omop_concept
        where concept_id <> '0'
        group by concept_id
    ) as s on s.concept_id = c.condition_source_concept_id
    left join (
        select
            concept_id,
            min(vocabulary_id) as vocabulary_id,
            min(concept_code) as concept_code
        from omop_concept
        where concept_id <> '0'
        group by concept_id
    ) as k on k.concept_id = c.condition_concept_id
)

select
    c.file_id,
    c.line,
    coalesce(s.person_id, c.person_id) as patient_id,
    c.visit_occurrence_id as encounter_id,
    case
        when m.code_system = 'icd10cm' and length(trim(c.code)) > 3 and not contains(c.code, '.')
            then left(trim(c.code), 3) || '.' || substr(trim(c.code), 4)
        else trim(c.code)
    end as code,
    coalesce(m.code_system, 'other') as code_system,
    t.category,
    coalesce(c.condition_start_datetime, c.condition_start_date || ' 00:00:00') as onset_at,
    coalesce(c.condition_end_datetime, c.condition_end_date || ' 23:59:59') as resolved_at,
    coalesce(a.present_on_admission, b.present_on_admission, c.condition_status_source_value) as present_on_admission,
    case when s.file_id is not null then 'visit_of_another_person' end as refused
from coded as c
left join condition_system as m on lower(m.vocabulary) = lower(c.vocabulary)
left join condition_category as t on t.concept_id = c.condition_type_concept_id
left join admission_code as a on a.vocabulary = 'source' and lower(a.code) = lower(trim(c.condition_status_source_value))
left join admission_code as b on b.vocabulary = 'concept' and b.code = c.condition_status_concept_id
left join astray as s on s.file_id = c.file_id and s.line = c.line
