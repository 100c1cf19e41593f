/* What FHIR R4 calls a resource, for the tables whose rows have no identity of their own, in its latest version; withdrawn where it gives no row any more.

Of encounters and orders, which have one, only the withdrawn. */
select
    'observation' as table_name,
    file_id,
    line,
    'Observation/' || id as identity,
    coalesce(status, '') in ('entered-in-error', 'cancelled') as withdrawn
from fhir_observation as o
where id is not null and not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
union all
select
    'condition',
    file_id,
    line,
    'Condition/' || id,
    is_no_diagnosis(verificationstatus)
from fhir_condition as c
where id is not null and not exists (select 1 from older_version as v where v.file_id = c.file_id and v.line = c.line)
union all
select
    target.table_name,
    p.file_id,
    p.line,
    'Procedure/' || p.id,
    coalesce(p.status, '') in ('entered-in-error', 'not-done', 'preparation')
from fhir_procedure as p
cross join (values ('procedure'), ('intervention')) as target (table_name)
where p.id is not null and not exists (select 1 from older_version as v where v.file_id = p.file_id and v.line = p.line)
union all
select
    'screening',
    file_id,
    line,
    'QuestionnaireResponse/' || id,
    coalesce(status, '') not in ('completed', 'amended')
from fhir_questionnaireresponse as q
where id is not null and not exists (select 1 from older_version as v where v.file_id = q.file_id and v.line = q.line)
union all
select
    'medication',
    file_id,
    line,
    'MedicationStatement/' || id,
    coalesce(status, '') in ('entered-in-error', 'not-taken', 'intended')
from fhir_medicationstatement as s
where id is not null and not exists (select 1 from older_version as v where v.file_id = s.file_id and v.line = s.line)
union all
select
    'encounter',
    file_id,
    line,
    id,
    true
from fhir_encounter as e
where
    id is not null and status in ('entered-in-error', 'cancelled', 'planned')
    and not exists (select 1 from older_version as v where v.file_id = e.file_id and v.line = e.line)
union all
select
    'medication_order',
    file_id,
    line,
    id,
    true
from known_order
where id is not null and (status in ('entered-in-error', 'cancelled', 'draft') or intent in ('proposal', 'plan', 'option'))
