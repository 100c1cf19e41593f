/* Given rows of the protocol's product, with their extract, local month, context and normalised units. */
with origin as (
    select
        f.file_id,
        f.extract_id,
        e.timezone,
        coalesce(e.extracted_at, s.now_at) as known_until
    from input_file as f
    inner join extract as e on e.extract_id = f.extract_id
    cross join gate_setting as s
    where f.table_name = 'administration'
),

ordered as (
    select
        patient_id,
        order_id,
        min(context) as context
    from medication_order
    group by patient_id, order_id
)

select
    o.extract_id,
    a.patient_id,
    a.event,
    a.started_at,
    a.stopped_at,
    a.dose,
    normal_unit(a.dose_unit) as dose_unit,
    a.rate,
    normal_unit(a.rate_unit) as rate_unit,
    a.volume_ml,
    a.total_dose,
    normal_unit(a.total_dose_unit) as total_dose_unit,
    a.encounter_id,
    a.order_id,
    coalesce(m.context, 'context unknown') as context,
    a.started_at > o.known_until as is_future,
    date_trunc('month', timezone(o.timezone, timezone('UTC', a.started_at))) as local_month
from administration as a
inner join gate_setting as s on a.product = s.product
inner join origin as o on o.file_id = a.file_id
left join ordered as m on m.patient_id = a.patient_id and m.order_id = a.order_id
where
    coalesce(a.route, 'iv') = 'iv'
    and coalesce(a.status, 'completed') in ('completed', 'in_progress', 'stopped')
    and a.event <> 'prime'
