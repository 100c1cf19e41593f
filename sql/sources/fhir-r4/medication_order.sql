/* FHIR R4 MedicationRequest, as far as it is an order; weight, context and strength of an order have no element of their own and come as extensions.

Extensions of one meaning that say different things give all of them, which no rule reads; so does what a modifierExtension may change. */
with numbered as (
    select
        *,
        cast(file_id as bigint) * 4294967296 + line as number
    from known_order
),

part as (
    select
        e.number,
        u.meaning,
        coalesce(e.part.valuecode, e.part.valuestring) as word,
        coalesce(exact_value(e.part.valuequantity), e.part.valuedecimal, e.part.valueinteger, e.part.valuestring) as amount,
        agreed_unit(
            c.meaning,
            case when e.part.valuequantity.code is not null then w.meaning end,
            coalesce(e.part.valuequantity.code, e.part.valuequantity.unit)
        ) as unit
    from (select number, unnest(extension) as part from numbered) as e
    inner join extension_url as u on u.resource = 'MedicationRequest' and u.url = e.part.url
    left join unit_code as c on c.unit = lower(coalesce(e.part.valuequantity.code, e.part.valuequantity.unit))
    left join unit_code as w on w.unit = lower(e.part.valuequantity.unit)
),

extended as (
    select
        number,
        string_agg(distinct word, ' or ' order by word) filter (where meaning = 'context') as context,
        string_agg(distinct amount, ' or ' order by amount) filter (where meaning = 'dosing_weight') as dosing_weight,
        string_agg(distinct unit, ' or ' order by unit) filter (where meaning = 'dosing_weight') as dosing_weight_unit,
        string_agg(distinct amount, ' or ' order by amount) filter (where meaning = 'concentration') as concentration,
        string_agg(distinct unit, ' or ' order by unit) filter (where meaning = 'concentration') as concentration_unit
    from part
    group by number
),

reason as (
    select
        c.number,
        case when count(distinct i.indication) = 1 then min(i.indication) end as indication
    from (select number, unnest(reason.coding) as coding from (select number, unnest(reasoncode) as reason from numbered) as r) as c
    inner join indication_code as i on lower(i.system) = lower(c.coding.system) and lower(i.code) = lower(c.coding.code)
    group by c.number
)

select
    o.file_id,
    o.line,
    o.id as order_id,
    o.patient_id,
    coalesce(whole.whole_id, nullif(o.encounter_id, '')) as encounter_id,
    reference_id(o.requester.reference) as prescriber_id,
    case when o.modifierextension is null then e.context else 'modified' end as context,
    case when o.modifierextension is null then r.indication end as indication,
    case when o.modifierextension is null then e.dosing_weight else 'modified' end as dosing_weight,
    e.dosing_weight_unit,
    case when o.modifierextension is null then e.concentration else 'modified' end as concentration,
    e.concentration_unit,
    o.authoredon as ordered_at
from numbered as o
left join extended as e on e.number = o.number
left join admission as whole on whole.id = o.encounter_id
left join reason as r on r.number = o.number
where coalesce(o.status, '') not in ('entered-in-error', 'cancelled', 'draft') and coalesce(o.intent, 'order') not in ('proposal', 'plan', 'option')
