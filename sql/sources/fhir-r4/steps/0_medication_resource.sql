/* Medication resources in their latest version, also those contained in another resource, which are known by that resource and their own id there.

Equal copies are one; without meta.lastUpdated, versions that differ stand beside each other. */
with latest as (
    select
        id,
        code,
        ingredient
    from fhir_medication
    where id is not null
    qualify version_of(meta) = max(version_of(meta)) over (partition by id)
)

select distinct
    id,
    code,
    ingredient
from latest
union all
select
    medication_key('#' || part.id, file_id, line),
    part.code,
    part.ingredient
from (
    select
        file_id,
        line,
        unnest(contained) as part
    from fhir_medicationadministration
    union all
    select
        file_id,
        line,
        unnest(contained)
    from fhir_medicationrequest
    union all
    select
        file_id,
        line,
        unnest(contained)
    from fhir_medicationstatement
) as c
where part.resourcetype = 'Medication'
