/* FHIR R4 Encounter; the site is the service provider, the department the first location. */
select
    file_id,
    line,
    id as encounter_id,
    split_part(split_part(replace(subject.reference, 'urn:uuid:', ''), '/_history', 1), '/', -1) as patient_id,
    split_part(serviceprovider.reference, '/', -1) as site_id,
    coalesce(location[1].location.display, split_part(location[1].location.reference, '/', -1)) as department,
    period.start as started_at,
    period."end" as ended_at
from fhir_encounter
where coalesce(status, '') not in ('entered-in-error', 'cancelled', 'planned')
qualify rank() over (partition by id order by coalesce(epoch_us(try_cast(meta.lastupdated as timestamptz)), 0) desc) = 1
