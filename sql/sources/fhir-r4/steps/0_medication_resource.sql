/* Medication resources, also those contained in another resource, which are known by that resource and their own id there. */
select
    id,
    code,
    ingredient
from fhir_medication
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
