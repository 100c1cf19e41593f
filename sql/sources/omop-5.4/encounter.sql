/* OMOP visits; the department is the care site, the site its location. */
select
    v.file_id,
    v.line,
    v.visit_occurrence_id as encounter_id,
    v.person_id as patient_id,
    coalesce(l.location_source_value, c.location_id) as site_id,
    coalesce(c.care_site_name, c.care_site_source_value, v.care_site_id) as department,
    v.visit_start_datetime as started_at,
    v.visit_end_datetime as ended_at
from omop_visit as v
left join (
    select
        care_site_id,
        min(care_site_name) as care_site_name,
        min(care_site_source_value) as care_site_source_value,
        min(location_id) as location_id
    from omop_care_site
    group by care_site_id
) as c on c.care_site_id = v.care_site_id
left join (
    select
        location_id,
        min(location_source_value) as location_source_value
    from omop_location
    group by location_id
) as l on l.location_id = c.location_id
