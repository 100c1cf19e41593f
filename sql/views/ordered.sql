/* Medication orders with their weight in kg and concentration in mg/mL; a charted value that cannot be used is marked, not dropped. Of an order that was kept out nothing is known, which
   is not to say that it held nothing: its weight cannot be used. */
select
    o.order_id,
    o.patient_id,
    o.encounter_id,
    o.prescriber_id,
    o.context,
    coalesce(list_contains(o.invalid, 'context'), false) as context_unreadable,
    o.indication,
    cast(o.file_id as bigint) * 4294967296 + o.line as ref,
    o.dosing_weight is not null or list_contains(o.invalid, 'dosing_weight') as weight_charted,
    down12(o.dosing_weight * w.factor) as weight_kg_low,
    up12(o.dosing_weight * w.factor) as weight_kg_high,
    o.concentration is not null or list_contains(o.invalid, 'concentration') as concentration_charted,
    case
        when o.concentration * c.factor between 0.1 and 100 then cast(o.concentration * c.factor as decimal(18, 12))
    end as mg_per_ml
from medication_order as o
left join unit as w on w.unit = normal_unit(o.dosing_weight_unit) and w.dimension = 'weight'
left join unit as c on c.unit = normal_unit(o.concentration_unit) and c.dimension = 'concentration'
union all
select
    q.row_key,
    q.patient_id,
    null,
    null,
    null,
    true,
    null,
    min(cast(q.file_id as bigint) * 4294967296 + q.line),
    true,
    null,
    null,
    true,
    null
from quarantine as q
where
    q.table_name = 'medication_order'
    and q.scope = 'row'
    and q.row_key is not null
    and q.patient_id is not null
    and not exists (select 1 from medication_order as o where o.order_id = q.row_key)
group by q.row_key, q.patient_id
