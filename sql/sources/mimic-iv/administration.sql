/* MIMIC-IV administrations: the ICU's chart (inputevents), and the nurses' record (eMAR) where the ICU has none.

What contradicts itself, or an admission, is refused for everyone whom it may concern. Numbers are binary floats; what has
more than the nine decimals of the contract is rounded to them. */
with given as (
    select
        file_id,
        line,
        id,
        subject_id,
        hadm_id,
        coalesce(linkorderid, orderid) as order_id,
        event,
        product,
        route,
        starttime as started_at,
        case when event = 'infusion' then endtime end as stopped_at,
        case when event = 'bolus' then amount end as dose,
        case when event = 'bolus' then dose_unit end as dose_unit,
        rate,
        rate_unit,
        patientweight as pump_weight,
        case when event = 'infusion' and rate is null then amount end as total,
        dose_unit as total_unit,
        status,
        storetime as recorded_at,
        caregiver_id as performer_id,
        contradiction
    from input_given
    union all
    select
        file_id,
        line,
        'emar ' || emar_id,
        subject_id,
        hadm_id,
        pharmacy_id,
        event,
        product,
        route,
        charttime,
        null,
        case when event = 'bolus' then dose end,
        case when event = 'bolus' then dose_unit end,
        case when event in ('infusion', 'rate_change', 'rate_verify') then rate end,
        case when event in ('infusion', 'rate_change', 'rate_verify') then rate_unit end,
        null,
        null,
        null,
        status,
        null,
        null,
        contradiction
    from emar_given
),

judged as (
    select
        g.*,
        coalesce(
            g.contradiction,
            case when a.subject_id is null and b.hadm_id is not null then 'encounter_of_another_patient' end
        ) as refused
    from given as g
    left join admitted as a on a.hadm_id = g.hadm_id and a.subject_id = g.subject_id
    left join (select distinct hadm_id from admitted) as b on b.hadm_id = g.hadm_id
),

row_of as (
    select
        *,
        subject_id as patient_id,
        false as is_total
    from judged
    union all by name
    select
        * exclude (event, started_at, stopped_at, dose, dose_unit),
        'infused_total' as event,
        stopped_at as started_at,
        null as stopped_at,
        total as dose,
        total_unit as dose_unit,
        subject_id as patient_id,
        true as is_total
    from judged
    where total is not null and stopped_at is not null and refused is null
    union all by name
    select
        j.*,
        a.subject_id as patient_id,
        false as is_total
    from judged as j
    inner join admitted as a on a.hadm_id = j.hadm_id
    where j.refused = 'encounter_of_another_patient'
)

select
    file_id,
    line,
    id || case when is_total then ' total' else '' end as administration_id,
    patient_id,
    hadm_id as encounter_id,
    order_id,
    case when total is not null then coalesce(order_id, id) else order_id end as line_id,
    'mar' as source,
    event,
    product,
    route,
    started_at,
    stopped_at,
    case
        when regexp_matches(dose, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(dose as decimal(18, 9)) as varchar), dose)
        else dose
    end as dose,
    dose_unit,
    case
        when regexp_matches(rate, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(rate as decimal(18, 9)) as varchar), rate)
        else rate
    end as rate,
    rate_unit,
    case
        when regexp_matches(pump_weight, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(pump_weight as decimal(18, 9)) as varchar), pump_weight)
        else pump_weight
    end as pump_weight,
    case when pump_weight is not null then 'kg' end as pump_weight_unit,
    status,
    recorded_at,
    performer_id,
    case when is_total then 1 else 0 end as part,
    refused
from row_of
