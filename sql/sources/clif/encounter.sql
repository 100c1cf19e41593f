/* CLIF 2.1 hospitalizations; the site is the hospital of the first bed. */
select
    h.hospitalization_id as encounter_id,
    h.patient_id,
    a.hospital_id as site_id,
    h.admission_dttm as started_at,
    h.discharge_dttm as ended_at,
    h.file_id,
    h.line
from clif_hospitalization as h
left join (
    select
        hospitalization_id,
        min_by(hospital_id, concat_ws(' ', in_dttm, hospital_id)) as hospital_id
    from clif_adt
    group by hospitalization_id
) as a on a.hospitalization_id = h.hospitalization_id
