/* What values that are no numbers mean, looked up once for each that occurs. */
with said as (
    select distinct
        value_as_concept_id,
        value_text
    from (
        select
            value_as_concept_id,
            value_source_value as value_text
        from omop_measurement
        where value_as_number is null
        union all
        select
            value_as_concept_id,
            coalesce(value_as_string, value_source_value)
        from omop_observation
        where value_as_number is null
    ) as v
)

select
    s.value_as_concept_id,
    s.value_text,
    case when count(distinct v.value) > 1 then 'contradictory' else coalesce(min(v.value), s.value_text) end as value
from said as s
left join known_code as k on k.concept_id = s.value_as_concept_id
left join value_code as v
    on (lower(v.vocabulary) = k.vocabulary and lower(v.code) = k.code)
    or (v.vocabulary = 'source' and lower(v.code) = lower(trim(s.value_text)))
group by s.value_as_concept_id, s.value_text
