/* OMOP drug exposures that are administrations.

A rate (in sig, or a quantity whose unit is one) is an infusion; a quantity at one time is a push; a quantity over a time is an infusion of unknown
rate and a total, unless sig says what it was. What contradicts itself, and what may be an administration and may not, is refused. */
with row_of as (
    select
        *,
        false as is_total
    from exposure
    where
        kind_of_record = 'administration'
        or (kind_of_record is null and coalesce(product, resembles) is not null)
    union all
    select
        *,
        true
    from exposure
    where
        kind_of_record = 'administration' and event = 'infusion' and rate is null and amount is not null and not is_point
        and drug_exposure_end_datetime is not null and refused is null
)

select
    r.file_id,
    r.line,
    case when is_total then 1 else 0 end as part,
    case when is_total then drug_exposure_id || '#total' else drug_exposure_id end as administration_id,
    coalesce(a.person_id, r.person_id) as patient_id,
    visit_occurrence_id as encounter_id,
    order_id,
    case
        when is_total or (event = 'infusion' and rate is null and amount is not null) then coalesce(line_id, drug_exposure_id)
        else line_id
    end as line_id,
    source,
    case when is_total then 'infused_total' else event end as event,
    coalesce(product, resembles, name, 'unknown') as product,
    case
        when mapped_route is null and (nullif(route_concept_id, '0') is not null or route_source_value is not null)
            then coalesce(route_source_value, 'concept ' || route_concept_id)
        else mapped_route
    end as route,
    case when is_total then drug_exposure_end_datetime else coalesce(drug_exposure_start_datetime, drug_exposure_start_date) end as started_at,
    case
        when event in ('infusion', 'rate_change', 'rate_verify', 'pca_total') and not is_total and not is_point then drug_exposure_end_datetime
    end as stopped_at,
    case when is_total or event not in ('infusion', 'rate_change', 'rate_verify') then amount end as dose,
    case when is_total or event not in ('infusion', 'rate_change', 'rate_verify') then dose_unit end as dose_unit,
    case when not is_total then rate end as rate,
    case when not is_total then rate_unit end as rate_unit,
    volume_ml,
    coalesce(concentration, case when event = 'bolus' and lower(dose_unit) = 'ml' then strength end) as concentration,
    case when concentration is not null then concentration_unit when event = 'bolus' and lower(dose_unit) = 'ml' then strength_unit end as concentration_unit,
    pump_weight,
    pump_weight_unit,
    delivered_count,
    total_dose,
    total_dose_unit,
    status,
    recorded_at,
    provider_id as performer_id,
    refused
from row_of as r
left join astray as a on a.file_id = r.file_id and a.line = r.line
