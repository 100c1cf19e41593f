/* OMOP drug exposures that are prescriptions of a product of the map, without those that were entered in error. */
select
    file_id,
    line,
    drug_exposure_id as order_id,
    person_id as patient_id,
    visit_occurrence_id as encounter_id,
    provider_id as prescriber_id,
    context,
    indication,
    dosing_weight,
    dosing_weight_unit,
    concentration,
    concentration_unit,
    drug_exposure_start_datetime as ordered_at
from exposure
where kind_of_record = 'order' and coalesce(product, resembles) is not null and not is_withdrawn
