/* CLIF 2.1 medication administrations: continuous rows are rate changes of an order's line, intermittent rows are pushes. */
select
    'continuous ' || m.line as administration_id,
    h.patient_id,
    m.hospitalization_id as encounter_id,
    m.med_order_id as order_id,
    m.med_order_id as line_id,
    'mar' as source,
    case
        when m.mar_action_category = 'stop' and lower(m.mar_action_name) like 'pause%' then 'pause'
        when m.mar_action_category = 'start' then 'infusion'
        when m.mar_action_category = 'dose_change' then 'rate_change'
        when m.mar_action_category in ('going', 'verify') then 'rate_verify'
        else m.mar_action_category
    end as event,
    lower(m.med_category) as product,
    case m.med_route_category
        when 'enteral' then 'po'
        when 'subcutaneous' then 'sc'
        when 'intranasal' then 'in'
        else m.med_route_category
    end as route,
    m.admin_dttm as started_at,
    null as dose,
    null as dose_unit,
    case when m.mar_action_category <> 'stop' then exact_text(m.med_dose) end as rate,
    case when m.mar_action_category <> 'stop' then m.med_dose_unit end as rate_unit,
    'completed' as status,
    m.file_id,
    m.line
from clif_medication_admin_continuous as m
left join clif_hospitalization as h on h.hospitalization_id = m.hospitalization_id
union all
select
    'intermittent ' || m.line as administration_id,
    h.patient_id,
    m.hospitalization_id as encounter_id,
    m.med_order_id as order_id,
    m.med_order_id as line_id,
    'mar' as source,
    'bolus' as event,
    lower(m.med_category) as product,
    case m.med_route_category
        when 'enteral' then 'po'
        when 'subcutaneous' then 'sc'
        when 'intranasal' then 'in'
        else m.med_route_category
    end as route,
    m.admin_dttm as started_at,
    exact_text(m.med_dose) as dose,
    m.med_dose_unit as dose_unit,
    null as rate,
    null as rate_unit,
    case m.mar_action_category when 'given' then 'completed' when 'bolus' then 'completed' else m.mar_action_category end as status,
    m.file_id,
    m.line
from clif_medication_admin_intermittent as m
left join clif_hospitalization as h on h.hospitalization_id = m.hospitalization_id
