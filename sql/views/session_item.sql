/* Every delivery (certain or possible) with its session. */
with item as (
    select
        'infusion' as component, patient_id, line_key, piece_no as item_no, refs[1] as ref, encounter_id, order_id, started_at, ended_at,
        ended_at_high, certain, true as is_infusion_row, under_several
    from segment
    where coalesce(mg_per_h_high, 1) > 0 or mg_per_kg_h > 0
    union all
    select 'bolus', patient_id, line_key, ref, ref, encounter_id, order_id, started_at, ended_at, ended_at, certain, event = 'infusion',
        false
    from push
    union all
    select 'pca', patient_id, line_key, ref, ref, encounter_id, order_id, started_at, ended_at, ended_at, true, false, false
    from pca
    union all
    select 'total', t.patient_id, t.line_key, t.ref, t.ref, t.encounter_id, t.order_id, t.started_at, t.started_at, t.started_at, t.certain,
        false, false
    from charted_dose as t
    where
        t.event = 'infused_total'
        and coalesce(t.mg_high, 1) > 0
        and not exists (select 1 from segment as s where s.patient_id = t.patient_id and s.line_key = t.line_key)
)

select
    s.session_no,
    s.started_at as session_started_at,
    i.component,
    i.patient_id,
    i.line_key,
    i.item_no,
    i.ref,
    i.encounter_id,
    i.order_id,
    i.started_at,
    i.ended_at,
    i.ended_at_high,
    i.certain,
    i.is_infusion_row,
    i.under_several
from item as i
inner join session_span as s
    on s.patient_id = i.patient_id and i.started_at >= s.started_at and i.started_at <= s.reached_at
