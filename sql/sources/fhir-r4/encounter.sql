/* FHIR R4 Encounter; the site is the service provider, the department the first location. */
select
    file_id,
    line,
    id as encounter_id,
    reference_to('Patient', subject.reference) as patient_id,
    reference_id(serviceprovider.reference) as site_id,
    coalesce(location[1].location.display, reference_id(location[1].location.reference)) as department,
    day_start(period.start) as started_at,
    day_end(period."end") as ended_at,
    case when modifierextension is not null then 'modifier_extension' end as refused
from fhir_encounter as e
where
    coalesce(status, '') not in ('entered-in-error', 'cancelled', 'planned')
    and not exists (select 1 from older_version as v where v.file_id = e.file_id and v.line = e.line)
