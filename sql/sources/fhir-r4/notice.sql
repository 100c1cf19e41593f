/* What the extract holds and these selects do not use: codes in no map, references to nothing, resources of other types. */
select
    'drug in no map' as topic,
    drug_name as value,
    count(*) as occurrences
from given
where product is null and refused is distinct from 'subject_missing'
group by drug_name
union all
select
    'route in no map',
    route,
    count(*)
from given
where route is not null and route not in ('iv', 'im', 'po', 'sc', 'in', 'epidural')
group by route
union all
select
    'unit that no rule reads',
    g.unit,
    count(*)
from (select unnest([rate_unit, case when event <> 'infusion' then dose_unit end]) as unit, product from given) as g
left join unit_code as u on u.unit = lower(replace(g.unit, ' ', ''))
where g.unit is not null and u.unit is null and g.product is not null and not regexp_matches(g.unit, '[µμ]')
group by g.unit
union all
select
    'method in no map',
    concat_ws('|', coding.system, coding.code),
    count(*)
from (select unnest(dosage.method.coding) as coding from fhir_medicationadministration) as c
where not exists (select 1 from event_code as v where lower(v.system) = lower(c.coding.system) and lower(v.code) = lower(c.coding.code))
group by concat_ws('|', coding.system, coding.code)
union all
select
    'observation code in no map',
    coalesce(code.coding[1].system || '|' || code.coding[1].code, code.text, 'no code'),
    alone
from observation_kind
where kind is null
union all
select
    'procedure in no map',
    coalesce(code.coding[1].system || '|' || code.coding[1].code, code.text, 'no code'),
    1
from fhir_procedure
where (file_id, line) not in (select (file_id, line) from performed) and coalesce(status, '') not in ('entered-in-error', 'not-done', 'preparation')
union all
select
    'question in no map',
    coalesce(link_id, 'no id'),
    1
from answered
where not is_too_deep and (link_id not in (select link_id from question) or link_id is null)
union all
select
    'question too deep in a form to be read',
    'QuestionnaireResponse',
    1
from answered
where is_too_deep
union all
select
    'drug of the history in no class',
    coalesce(drug, 'no name'),
    1
from stated
where drug_class is null
union all
select
    'diagnosis code system in no map',
    coalesce(coding.system, 'no system'),
    1
from (select unnest(code.coding) as coding from fhir_condition) as c
where coding.system is null or coding.system not in (select system from condition_system)
union all
select
    'entered in error, cancelled or not done',
    value,
    count(*)
from (
    select 'Observation ' || status as value from fhir_observation where status in ('entered-in-error', 'cancelled')
    union all
    select 'Procedure ' || status from fhir_procedure where status in ('entered-in-error', 'not-done', 'preparation')
    union all
    select 'Encounter ' || status from fhir_encounter where status in ('entered-in-error', 'cancelled', 'planned')
    union all
    select 'MedicationRequest ' || status from fhir_medicationrequest where status in ('entered-in-error', 'cancelled', 'draft')
    union all
    select 'MedicationStatement ' || status from fhir_medicationstatement where status in ('entered-in-error', 'not-taken', 'intended')
    union all
    select 'Condition ' || c.code
    from (select unnest(verificationstatus.coding).code as code from fhir_condition) as c
    where c.code in ('refuted', 'entered-in-error')
    union all
    select 'QuestionnaireResponse ' || coalesce(status, 'without a status')
    from fhir_questionnaireresponse
    where coalesce(status, '') not in ('completed', 'amended')
) as t
group by value
union all
select
    'not measured, for a reason',
    k.kind,
    count(*)
from fhir_observation as o
inner join observation_kind as k on k.code = o.code
where
    o.dataabsentreason is not null and k.kind is not null
    and coalesce(o.valuequantity.value, o.valueinteger, o.valuestring, o.valueboolean, o.valuecodeableconcept.text) is null
    and not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
group by k.kind
union all
select
    'reference to nothing',
    value,
    count(*)
from (
    select 'MedicationAdministration to Patient' as value from given where subject_id not in (select id from fhir_patient)
    union all
    select 'MedicationAdministration to Encounter' from given where context_id <> '' and context_id not in (select id from fhir_encounter)
    union all
    select 'MedicationAdministration to MedicationRequest' from given where request_id <> '' and request_id not in (select id from known_order)
    union all
    select 'MedicationAdministration to Medication' from given where medication_id <> '' and medication_id not in (select id from medication_resource)
    union all
    select 'MedicationRequest to Patient' from known_order where patient_id not in (select id from fhir_patient)
) as t
group by value
union all
select
    'resource type not used',
    resourcetype,
    count(*)
from fhir_other
group by resourcetype
