/* Measurements and observations whose code means a kind of ours. Codes are looked up once for each that occurs. */
with charted as (
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id,
        measurement_concept_id as concept_id,
        measurement_source_concept_id as source_concept_id,
        measurement_source_value as source_value,
        coalesce(measurement_datetime, measurement_date) as effective_at,
        operator_concept_id,
        value_as_number,
        value_as_concept_id,
        value_source_value as value_text,
        unit_concept_id,
        unit_source_value,
        range_high
    from omop_measurement
    union all
    select
        file_id,
        line,
        person_id,
        visit_occurrence_id,
        observation_concept_id,
        observation_source_concept_id,
        observation_source_value,
        coalesce(observation_datetime, observation_date),
        null,
        value_as_number,
        value_as_concept_id,
        coalesce(value_as_string, value_source_value),
        unit_concept_id,
        unit_source_value,
        null
    from omop_observation
),

concept as (
    select distinct
        concept_id,
        source_concept_id,
        source_value
    from charted
),

kind as (
    select
        c.concept_id,
        c.source_concept_id,
        c.source_value,
        case when count(distinct o.kind) = 1 then min(o.kind) end as kind,
        count(distinct o.kind) as kinds,
        case when count(distinct nullif(o.method, '')) > 1 then 'contradictory' else min(nullif(o.method, '')) end as method,
        case when count(distinct nullif(o.laterality, '')) > 1 then 'contradictory' else min(nullif(o.laterality, '')) end as laterality
    from concept as c
    left join known_code as k on k.concept_id in (c.concept_id, c.source_concept_id)
    inner join observation_code as o
        on (lower(o.vocabulary) = k.vocabulary and lower(o.code) = k.code)
        or (o.vocabulary = 'source' and lower(o.code) = lower(trim(c.source_value)))
    group by c.concept_id, c.source_concept_id, c.source_value
)

select
    c.*,
    k.kind,
    k.kinds,
    k.method,
    k.laterality
from charted as c
inner join kind as k
    on k.concept_id is not distinct from c.concept_id
    and k.source_concept_id is not distinct from c.source_concept_id
    and k.source_value is not distinct from c.source_value
