/* Clinical resources that are not believed whatever they say, and whom they may concern: both, where the encounter is another patient's.

FHIR: what a modifierExtension changes is not known to those who do not know it. A finding in another than the subject (focus) is none of the patient. */
with clinical as (
    select
        file_id,
        line,
        subject.reference as subject,
        encounter.reference as place,
        modifierextension as modifier,
        len(list_filter(focus, lambda one: reference_id(one.reference) is distinct from reference_id(subject.reference))) > 0 as has_focus
    from fhir_observation
    union all
    select
        file_id,
        line,
        subject.reference,
        encounter.reference,
        modifierextension,
        false
    from fhir_condition
    union all
    select
        file_id,
        line,
        subject.reference,
        encounter.reference,
        modifierextension,
        false
    from fhir_procedure
    union all
    select
        file_id,
        line,
        subject.reference,
        encounter.reference,
        modifierextension,
        false
    from fhir_questionnaireresponse
    union all
    select
        file_id,
        line,
        subject.reference,
        context.reference,
        modifierextension,
        false
    from fhir_medicationstatement
),

stay as (
    select
        id,
        min(reference_id(subject.reference)) as patient_id
    from fhir_encounter as e
    where not exists (select 1 from older_version as v where v.file_id = e.file_id and v.line = e.line)
    group by id
    having count(distinct reference_id(subject.reference)) = 1
),

judged as (
    select
        c.file_id,
        c.line,
        nullif(reference_to('Patient', c.subject), '') as subject_id,
        nullif(s.patient_id, '') as stay_id,
        case
            when nullif(reference_id(c.subject), '') is null then 'subject_missing'
            when reference_to('Patient', c.subject) is null then 'subject_not_a_patient'
            when s.patient_id <> reference_id(c.subject) then 'encounter_of_another_patient'
            when c.modifier is not null then 'modifier_extension'
            when c.has_focus then 'focus_not_the_patient'
        end as refused
    from clinical as c
    left join stay as s on s.id = reference_to('Encounter', c.place)
)

select
    file_id,
    line,
    unnest(
        case
            when subject_id is null then [stay_id]
            when refused = 'encounter_of_another_patient' then [subject_id, stay_id]
            else [subject_id]
        end
    ) as patient_id,
    refused
from judged
where refused is not null
