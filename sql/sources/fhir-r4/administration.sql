/* FHIR R4 MedicationAdministration: a rate over a period is an infusion, a dose at a time is a push, unless the method says what it was.

A dose over a period without a rate is an infusion of unknown rate and a total. What contradicts itself, or another
resource, is refused for everyone whom it may concern. */
with row_of as (
    select
        *,
        false as is_total,
        subject_id as patient_id
    from given
    where nullif(subject_id, '') is not null or len(other_patient_ids) = 0
    union all by name
    select
        * exclude (event, started_at),
        'infused_total' as event,
        stopped_at as started_at,
        true as is_total,
        subject_id as patient_id
    from given
    where event = 'infusion' and rate is null and dose is not null and stopped_at is not null and refused is null
    union all by name
    select
        given.*,
        false as is_total,
        other.patient_id
    from given
    cross join lateral (select unnest(given.other_patient_ids) as patient_id) as other
    where refused in ('subject_missing', 'order_of_another_patient', 'encounter_of_another_patient') and other.patient_id is distinct from subject_id
),

one as (
    select
        r.* exclude (dose),
        coalesce(whole.whole_id, nullif(r.context_id, '')) as encounter_id,
        r.dose as charted_dose,
        case
            when r.event in ('infusion', 'rate_change', 'rate_verify') then null
            when regexp_matches(r.dose, '\.[0-9]{10}|[eE]-')
                then coalesce(cast(try_cast(r.dose as decimal(18, 9)) as varchar), r.dose)
            else r.dose
        end as dose
    from row_of as r
    left join admission as whole on whole.id = r.context_id
)

select
    file_id,
    line,
    case when is_total then id || '#total' else id end as administration_id,
    patient_id,
    encounter_id,
    nullif(request_id, '') as order_id,
    case
        when event in ('infusion', 'infused_total') and rate is null and charted_dose is not null then coalesce(line_id, device_id, id)
        else coalesce(line_id, device_id)
    end as line_id,
    source,
    event,
    coalesce(product, may_be, drug_name) as product,
    route,
    started_at,
    case when not is_total then stopped_at end as stopped_at,
    dose,
    case when dose is not null then dose_unit end as dose_unit,
    case
        when regexp_matches(rate, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(rate as decimal(18, 9)) as varchar), rate)
        else rate
    end as rate,
    rate_unit,
    volume_ml,
    concentration,
    concentration_unit,
    pump_weight,
    pump_weight_unit,
    delivered_count,
    total_dose,
    total_dose_unit,
    case when status = 'on-hold' and has_period then 'on-hold' else given_status end as status,
    recorded_at,
    nullif(performer_id, '') as performer_id,
    case when is_total then 1 else 0 end as part,
    refused
from one
