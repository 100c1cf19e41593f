/* CLIF 2.1 medication administrations: continuous rows are the rates of an order's line, intermittent rows are pushes.

CLIF has no identity of a row. Its place in the chart (stay, order, drug, time) is one, with a number where different rows
share a place: the same row of a later extract is then recognized. What was done is no part of it, for that is corrected too.
An action or route in no map has the column's name in front, so that none passes for a word of the contract.
Amounts are binary floats; what has more than the nine decimals of the contract is rounded to them. */
with charted as (
    select
        'continuous' as kept_in,
        case
            when mar_action_category = 'stop' and lower(mar_action_name) like 'pause%' then 'pause'
            when mar_action_category = 'stop' then 'stop'
            when mar_action_category = 'start' then 'infusion'
            when mar_action_category = 'dose_change' then 'rate_change'
            when mar_action_category = 'going' and lower(mar_action_name) like '%restart%' then 'rate_change'
            when mar_action_category in ('going', 'verify') then 'rate_verify'
            else 'action ' || mar_action_category
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
        case
            when mar_action_category in ('given', 'bolus') then 'completed'
            when mar_action_category = 'not_given' then 'not_given'
            else 'action ' || coalesce(mar_action_category, 'not charted')
        end as status,
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

timed as (
    select
        *,
        case when is_local(admin_dttm) then zone_year(read_time(admin_dttm)) end as of_zone
    from charted
),

placed as (
    select
        *,
        coalesce(cast(first_instant(admin_dttm, read_time(admin_dttm), of_zone) as varchar), admin_dttm) as instant
    from timed
),

numbered as (
    select
        *,
        case
            when regexp_matches(med_dose, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(med_dose as decimal(18, 9)) as varchar), med_dose)
            else med_dose
        end as amount,
        dense_rank() over (
            partition by kept_in, hospitalization_id, med_order_id, lower(med_category), instant
            order by mar_action_category, mar_action_name, med_dose, med_dose_unit, med_route_category
        ) as nth
    from placed
)

select
    concat_ws(' ', m.kept_in, m.hospitalization_id, m.med_order_id, lower(m.med_category), m.instant, m.nth) as administration_id,
    h.patient_id,
    m.hospitalization_id as encounter_id,
    m.med_order_id as order_id,
    m.med_order_id as line_id,
    'mar' as source,
    m.event,
    m.med_category as product,
    coalesce(r.route, 'category ' || nullif(trim(m.med_route_category), '')) as route,
    m.admin_dttm as started_at,
    case when m.event = 'bolus' then m.amount end as dose,
    case when m.event = 'bolus' then m.med_dose_unit end as dose_unit,
    case when m.event <> 'bolus' then m.amount end as rate,
    case when m.event <> 'bolus' then m.med_dose_unit end as rate_unit,
    m.status,
    h.refused,
    m.file_id,
    m.line
from numbered as m
left join stay as h on h.hospitalization_id = m.hospitalization_id
left join route_code as r on r.med_route_category = lower(m.med_route_category)
