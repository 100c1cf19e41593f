/* FHIR R4 MedicationRequest, as far as it is an order; weight, context and strength of an order have no element of their own and come as extensions. */
with extended as (
    select
        e.id,
        max(case when u.meaning = 'context' then coalesce(e.part.valuecode, e.part.valuestring) end) as context,
        max(case when u.meaning = 'dosing_weight' then e.part.valuequantity end) as dosing_weight,
        max(case when u.meaning = 'concentration' then e.part.valuequantity end) as concentration
    from (select id, unnest(extension) as part from known_order) as e
    inner join extension_url as u on u.resource = 'MedicationRequest' and u.url = e.part.url
    group by e.id
),

reason as (
    select
        c.id,
        case when count(distinct i.indication) = 1 then min(i.indication) end as indication
    from (select id, unnest(reason.coding) as coding from (select id, unnest(reasoncode) as reason from known_order) as r) as c
    inner join indication_code as i on lower(i.system) = lower(c.coding.system) and lower(i.code) = lower(c.coding.code)
    group by c.id
)

select
    o.file_id,
    o.line,
    o.id as order_id,
    o.patient_id,
    coalesce(whole.whole_id, nullif(o.encounter_id, '')) as encounter_id,
    reference_id(o.requester.reference) as prescriber_id,
    e.context,
    r.indication,
    e.dosing_weight.value as dosing_weight,
    coalesce(w.meaning, e.dosing_weight.unit, e.dosing_weight.code) as dosing_weight_unit,
    e.concentration.value as concentration,
    coalesce(e.concentration.unit, e.concentration.code) as concentration_unit,
    o.authoredon as ordered_at
from known_order as o
left join extended as e on e.id = o.id
left join admission as whole on whole.id = o.encounter_id
left join unit_code as w on w.unit = lower(coalesce(e.dosing_weight.code, e.dosing_weight.unit))
left join reason as r on r.id = o.id
where coalesce(o.status, '') not in ('entered-in-error', 'cancelled', 'draft') and coalesce(o.intent, 'order') not in ('proposal', 'plan', 'option')
