/* What FHIR R4 calls a resource, for the tables whose rows have no identity of their own, in its latest version; withdrawn where it gives no row any more.

Of encounters and orders, which have one, only the withdrawn. */
select
    'observation' as table_name,
    file_id,
    line,
    'Observation/' || id as identity,
    coalesce(status, '') in ('entered-in-error', 'cancelled') as withdrawn
from latest_observation
where id is not null
union all
select
    'condition',
    file_id,
    line,
    'Condition/' || id,
    coalesce(verificationstatus.coding[1].code, '') in ('refuted', 'entered-in-error')
from latest_condition
where id is not null
union all
select
    table_name,
    file_id,
    line,
    'Procedure/' || id,
    coalesce(status, '') in ('entered-in-error', 'not-done', 'preparation')
from (
    from fhir_procedure
    where id is not null
    qualify rank() over (partition by id order by version_of(meta) desc) = 1
) as p
cross join (values ('procedure'), ('intervention')) as t (table_name)
union all
select
    'screening',
    file_id,
    line,
    'QuestionnaireResponse/' || id,
    coalesce(status, '') not in ('completed', 'amended')
from (
    from fhir_questionnaireresponse
    where id is not null
    qualify rank() over (partition by id order by version_of(meta) desc) = 1
) as q
union all
select
    'medication',
    file_id,
    line,
    'MedicationStatement/' || id,
    coalesce(status, '') in ('entered-in-error', 'not-taken', 'intended')
from (
    from fhir_medicationstatement
    where id is not null
    qualify rank() over (partition by id order by version_of(meta) desc) = 1
) as s
union all
select
    'encounter',
    file_id,
    line,
    id,
    true
from (
    from fhir_encounter
    where id is not null
    qualify rank() over (partition by id order by version_of(meta) desc) = 1
) as e
where status in ('entered-in-error', 'cancelled', 'planned')
union all
select
    'medication_order',
    file_id,
    line,
    id,
    true
from known_order
where id is not null and (status in ('entered-in-error', 'cancelled', 'draft') or intent in ('proposal', 'plan', 'option'))
