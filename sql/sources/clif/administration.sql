/* CLIF 2.1 medication administrations: continuous rows are the rates of an order's line, intermittent rows are pushes.

CLIF has no identity of a row. Its place in the chart (stay, order, drug, time, action) is one, with a number where
different rows share a place: the same row of a later extract is then recognized, and a corrected dose replaces the old.
Amounts are binary floats; what has more than the nine decimals of the contract is rounded to them. */
with stay as (
    select
        hospitalization_id,
        min(patient_id) as patient_id
    from clif_hospitalization
    group by hospitalization_id
    having count(distinct patient_id) = 1
),

charted as (
    select
        'continuous' as kept_in,
        case
            when mar_action_category = 'stop' and lower(mar_action_name) like 'pause%' then 'pause'
            when mar_action_category = 'start' then 'infusion'
            when mar_action_category = 'dose_change' then 'rate_change'
            when mar_action_category = 'going' and lower(mar_action_name) like '%restart%' then 'rate_change'
            when mar_action_category in ('going', 'verify') then 'rate_verify'
            else mar_action_category
        end as event,
        'completed' as status,
        hospitalization_id,
        med_order_id,
        med_category,
        admin_dttm,
        mar_action_name,
        mar_action_category,
        case when mar_action_category <> 'stop' then med_dose end as med_dose,
        case when mar_action_category <> 'stop' then med_dose_unit end as med_dose_unit,
        med_route_category,
        file_id,
        line
    from clif_medication_admin_continuous
    union all
    select
        'intermittent' as kept_in,
        'bolus' as event,
        case when mar_action_category in ('given', 'bolus') then 'completed' else mar_action_category end as status,
        hospitalization_id,
        med_order_id,
        med_category,
        admin_dttm,
        mar_action_name,
        mar_action_category,
        med_dose,
        med_dose_unit,
        med_route_category,
        file_id,
        line
    from clif_medication_admin_intermittent
),

numbered as (
    select
        *,
        case
            when regexp_matches(med_dose, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(med_dose as decimal(18, 9)) as varchar), med_dose)
            else med_dose
        end as amount,
        dense_rank() over (
            partition by kept_in, hospitalization_id, med_order_id, med_category, admin_dttm, mar_action_category
            order by mar_action_name, med_dose, med_dose_unit, med_route_category
        ) as place
    from charted
)

select
    concat_ws(' ', m.kept_in, m.hospitalization_id, m.med_order_id, m.med_category, m.admin_dttm, m.mar_action_category, m.place) as administration_id,
    h.patient_id,
    m.hospitalization_id as encounter_id,
    m.med_order_id as order_id,
    m.med_order_id as line_id,
    'mar' as source,
    m.event,
    m.med_category as product,
    coalesce(r.route, m.med_route_category) as route,
    m.admin_dttm as started_at,
    case when m.event = 'bolus' then m.amount end as dose,
    case when m.event = 'bolus' then m.med_dose_unit end as dose_unit,
    case when m.event <> 'bolus' then m.amount end as rate,
    case when m.event <> 'bolus' then m.med_dose_unit end as rate_unit,
    m.status,
    m.file_id,
    m.line
from numbered as m
left join stay as h on h.hospitalization_id = m.hospitalization_id
left join route_code as r on r.med_route_category = lower(m.med_route_category)
