/* FHIR R4 Encounter; the site is the service provider, the department the first location. */
select
    file_id,
    line,
    id as encounter_id,
    reference_id(subject.reference) as patient_id,
    reference_id(serviceprovider.reference) as site_id,
    coalesce(location[1].location.display, reference_id(location[1].location.reference)) as department,
    day_start(period.start) as started_at,
    day_end(period."end") as ended_at
from fhir_encounter
where coalesce(status, '') not in ('entered-in-error', 'cancelled', 'planned')
qualify rank() over (partition by coalesce(id, concat_ws('|', file_id, line)) order by version_of(meta) desc) = 1
