/* What the extract holds and these selects do not use: codes in no map, references to nothing, resources of other types. */
select
    'drug in no map' as topic,
    drug_name as value,
    count(*) as occurrences
from given
where product is null and drug_name is not null and coalesce(refused, '') not in ('subject_missing', 'product_contradictory')
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
where kind is null and not is_contradictory
union all
select
    'answer in no map',
    coalesce(coding.system || '|' || coding.code, coding.display, 'no code'),
    count(*)
from (
    select
        file_id,
        line,
        unnest(valuecodeableconcept.coding) as coding,
        code
    from fhir_observation
    union all
    select
        p.file_id,
        p.line,
        unnest(p.part.valuecodeableconcept.coding),
        p.part.code
    from (select file_id, line, unnest(component) as part from fhir_observation where component is not null) as p
    union all
    select
        a.file_id,
        a.line,
        a.answer.coding,
        null
    from answered as a
    where a.answer.coding is not null and a.link_id in (select link_id from question)
) as c
where
    (code is null or code in (select k.code from observation_kind as k where k.kind is not null))
    and not exists (select 1 from value_code as v where v.system = c.coding.system and v.code = c.coding.code)
    and not exists (select 1 from older_version as v where v.file_id = c.file_id and v.line = c.line)
group by coalesce(coding.system || '|' || coding.code, coding.display, 'no code')
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
    select 'Condition ' || verified_as(verificationstatus)[1]
    from fhir_condition
    where is_no_diagnosis(verificationstatus)
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
    union all
    select unnest([
        case when reference_to('Patient', c.subject) <> '' and p.id is null then c.kind || ' to Patient' end,
        case when reference_to('Encounter', c.place) <> '' and e.id is null then c.kind || ' to Encounter' end
    ])
    from (
        select 'Observation' as kind, r.subject.reference as subject, r.encounter.reference as place, r.file_id, r.line from fhir_observation as r
        union all
        select 'Condition', r.subject.reference, r.encounter.reference, r.file_id, r.line from fhir_condition as r
        union all
        select 'Procedure', r.subject.reference, r.encounter.reference, r.file_id, r.line from fhir_procedure as r
        union all
        select 'QuestionnaireResponse', r.subject.reference, r.encounter.reference, r.file_id, r.line from fhir_questionnaireresponse as r
        union all
        select 'MedicationStatement', r.subject.reference, null, r.file_id, r.line from fhir_medicationstatement as r
    ) as c
    left join (select distinct id from fhir_patient) as p on p.id = reference_id(c.subject)
    left join (select distinct id from fhir_encounter) as e on e.id = reference_id(c.place)
    where not exists (select 1 from older_version as v where v.file_id = c.file_id and v.line = c.line)
    union all
    select 'MedicationRequest to Encounter' from known_order where encounter_id <> '' and encounter_id not in (select id from fhir_encounter)
    union all
    select 'MedicationRequest to Medication' from known_order where medication_id <> '' and medication_id not in (select id from medication_resource)
) as t
where value is not null
group by value
union all
select
    'resource type not used',
    resourcetype,
    count(*)
from fhir_other
group by resourcetype
