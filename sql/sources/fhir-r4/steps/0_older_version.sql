/* Resources of which the export has a later version, by meta.lastUpdated; they are not read beside it. Without that instant, all versions count. */
with version as (
    select
        'Patient' as kind,
        file_id,
        line,
        id,
        meta
    from fhir_patient
    where id is not null
    union all
    select
        'Encounter',
        file_id,
        line,
        id,
        meta
    from fhir_encounter
    where id is not null
    union all
    select
        'MedicationRequest',
        file_id,
        line,
        id,
        meta
    from fhir_medicationrequest
    where id is not null
    union all
    select
        'MedicationAdministration',
        file_id,
        line,
        id,
        meta
    from fhir_medicationadministration
    where id is not null
    union all
    select
        'Observation',
        file_id,
        line,
        id,
        meta
    from fhir_observation
    where id is not null
    union all
    select
        'Condition',
        file_id,
        line,
        id,
        meta
    from fhir_condition
    where id is not null
    union all
    select
        'Procedure',
        file_id,
        line,
        id,
        meta
    from fhir_procedure
    where id is not null
    union all
    select
        'QuestionnaireResponse',
        file_id,
        line,
        id,
        meta
    from fhir_questionnaireresponse
    where id is not null
    union all
    select
        'MedicationStatement',
        file_id,
        line,
        id,
        meta
    from fhir_medicationstatement
    where id is not null
),

repeated as (
    select
        kind,
        id
    from version
    group by kind, id
    having count(*) > 1
)

select
    v.file_id,
    v.line
from version as v
inner join repeated as r on r.kind = v.kind and r.id = v.id
qualify version_of(v.meta) < max(version_of(v.meta)) over (partition by v.kind, v.id)
