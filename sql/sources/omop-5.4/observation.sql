/* OMOP measurements and observations of the kinds that a protocol can ask for. A value that is only a bound (operator < or >) is no value.

One without a value was made, and nobody knows what it showed: it is kept out, and counts as lost. */
with valued as (
    select
        o.*,
        case
            when coalesce(o.operator_concept_id, '0') not in ('0', '4172703') then 'not exactly ' || o.value_as_number
            else coalesce(o.value_as_number, a.value)
        end as value
    from observed as o
    left join answer as a
        on o.value_as_number is null
        and a.value_as_concept_id is not distinct from o.value_as_concept_id
        and a.value_text is not distinct from o.value_text
),

unit as (
    select
        c.unit_concept_id,
        c.unit_source_value,
        case
            when count(distinct u.unit) > 1 then 'contradictory'
            else coalesce(min(u.unit), c.unit_source_value, 'concept ' || nullif(c.unit_concept_id, '0'))
        end as unit
    from (
        select distinct
            unit_concept_id,
            unit_source_value
        from observed
    ) as c
    left join known_code as k on k.concept_id = c.unit_concept_id
    left join unit_code as u
        on (u.vocabulary <> 'source' and lower(u.vocabulary) = k.vocabulary and lower(u.code) = k.code)
        or (u.vocabulary = 'source' and lower(u.code) = lower(trim(c.unit_source_value)))
    group by c.unit_concept_id, c.unit_source_value
)

select
    o.file_id,
    o.line,
    coalesce(s.person_id, o.person_id) as patient_id,
    o.visit_occurrence_id as encounter_id,
    o.kind,
    case
        when regexp_matches(o.value, '\.[0-9]{10}|[0-9][eE]-') then coalesce(cast(try_cast(o.value as decimal(18, 9)) as varchar), o.value)
        else o.value
    end as value,
    u.unit,
    o.method,
    o.laterality,
    o.range_high as upper_limit,
    o.effective_at,
    case when s.file_id is not null then 'visit_of_another_person' when o.kinds > 1 then 'codes_contradict' end as refused
from valued as o
left join unit as u
    on u.unit_concept_id is not distinct from o.unit_concept_id and u.unit_source_value is not distinct from o.unit_source_value
left join astray as s on s.file_id = o.file_id and s.line = o.line
