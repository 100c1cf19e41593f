/* Patient-controlled analgesia: delivered demands and period totals. Demands inside a total's period are the same drug, never added to it. */
with demand as (
    select
        *,
        case when certain and not coalesce(list_contains(invalid, 'delivered_count'), false) then delivered_count end as delivered,
        mg_low * coalesce(case when certain then delivered_count end, 0) as given_mg_low,
        mg_high * coalesce(delivered_count, 1) as given_mg_high
    from charted_dose
    where event = 'pca_demand' and coalesce(delivered_count, 1) > 0 and coalesce(mg_high, 1) > 0
),

period_total as (
    select
        *,
        mg_low * delivered_count as counted_mg_low,
        mg_high * delivered_count as counted_mg_high,
        (total_dose is not null or coalesce(list_contains(invalid, 'total_dose'), false)) and total_mg_high is null as total_unreadable,
        coalesce(delivered_count, 0) = 0
        and coalesce(
            case when total_dose is not null or coalesce(list_contains(invalid, 'total_dose'), false) then total_mg_high else delivered_count end = 0,
            false
        ) as is_zero
    from charted_dose
    where event = 'pca_total'
),

covered as (
    select
        d.ref as demand_ref,
        min(t.ref) as total_ref
    from demand as d
    inner join period_total as t
        on t.patient_id = d.patient_id and t.order_key = d.order_key and t.line_key = d.line_key
    where d.started_at >= t.started_at and d.started_at < t.stopped_at
    group by d.ref
),

covered_sum as (
    select
        c.total_ref,
        list(d.ref order by d.administration_id) as refs,
        sum(coalesce(d.given_mg_low, 0)) as mg_low,
        case when count(d.given_mg_high) = count(*) then sum(d.given_mg_high) end as mg_high
    from covered as c
    inner join demand as d on d.ref = c.demand_ref
    group by c.total_ref
)

select
    d.ref,
    [d.ref] as refs,
    d.patient_id,
    d.encounter_id,
    d.order_id,
    d.line_key,
    d.started_at,
    d.started_at_latest,
    d.started_at as ended_at,
    c.demand_ref is not null as covered,
    coalesce(d.given_mg_low, 0) as given_mg_low,
    d.given_mg_high,
    d.mg_low as demand_mg_low,
    d.mg_high as demand_mg_high,
    d.delivered is not null as delivered,
    d.mg_high is not null as demand_known,
    false as total_conflict,
    d.unit_unknown or d.unit_missing as unit_unknown,
    true as is_demand
from demand as d
left join covered as c on c.demand_ref = d.ref
union all
select
    t.ref,
    list_concat([t.ref], coalesce(s.refs, cast([] as bigint []))) as refs,
    t.patient_id,
    t.encounter_id,
    t.order_id,
    t.line_key,
    t.started_at,
    t.started_at_latest,
    greatest(t.started_at, coalesce(t.stopped_at_latest, t.started_at)) as ended_at,
    false as covered,
    case when t.certain and not t.total_unreadable then coalesce(least(t.total_mg_low, t.counted_mg_low, s.mg_low), 0) else 0 end as given_mg_low,
    case
        when t.total_unreadable or coalesce(t.total_mg_high, t.counted_mg_high) is null or (s.total_ref is not null and s.mg_high is null) then null
        else greatest(t.total_mg_high, t.counted_mg_high, s.mg_high)
    end as given_mg_high,
    t.mg_low as demand_mg_low,
    t.mg_high as demand_mg_high,
    coalesce(t.certain and (t.delivered_count > 0 or t.total_mg_low > 0), false) as delivered,
    t.mg_high is not null as demand_known,
    t.total_unreadable or coalesce(t.counted_mg_low <> t.total_mg_low or t.counted_mg_high <> t.total_mg_high, false) as total_conflict,
    t.unit_unknown or t.unit_missing as unit_unknown,
    not t.is_zero as is_demand
from period_total as t
left join covered_sum as s on s.total_ref = t.ref
where not t.is_zero or s.total_ref is not null
