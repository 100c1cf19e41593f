/* OMOP drug exposures that are prescriptions, dispensings or statements of a drug whose class is known.

A date alone is the beginning of that day; an end that is the start is none. What was not taken is no row; where stop_reason is in no map, nobody knows. */
select
    e.file_id,
    e.line,
    coalesce(a.person_id, e.person_id) as patient_id,
    name as drug,
    drug_class,
    coalesce(drug_exposure_start_datetime, drug_exposure_start_date || ' 00:00:00') as started_at,
    case
        when not is_point then coalesce(drug_exposure_end_datetime, case when ends_later then drug_exposure_end_date || ' 00:00:00' end)
    end as ended_at,
    days_supply,
    outcome,
    mme_per_day,
    case kind_of_record when 'form' then 'form' else 'record' end as origin,
    case
        when a.file_id is not null then 'visit_of_another_person'
        when is_status_unmapped then 'stop_reason_not_mapped'
    end as refused
from exposure as e
left join astray as a on a.file_id = e.file_id and a.line = e.line
where kind_of_record in ('order', 'history', 'form') and drug_class is not null and product is null and not is_not_taken
