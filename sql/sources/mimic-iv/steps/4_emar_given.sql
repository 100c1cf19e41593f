/* The nurses' record (eMAR) of drugs that are or may be a known product.

What was given is the sum of the scanned products; where one of them cannot be read, nobody knows the sum. The ICU keeps
a chart of its own: where it has the product in a stay, the nurses' rows of that stay tell of the same drips and pushes. */
with amount as (
    select
        emar_id,
        case
            when count(try_cast(dose_given as decimal(18, 9))) < count(*) or count(distinct dose_given_unit) > 1
                then 'scanned amounts that cannot be added'
            else cast(sum(try_cast(dose_given as decimal(18, 9))) as varchar)
        end as dose,
        min(dose_given_unit) as dose_unit
    from (
        select
            *,
            count(parent_field_ordinal) over (partition by emar_id) > 0 as has_parts
        from detail_row
        where dose_given is not null
    ) as g
    where parent_field_ordinal is not null or not has_parts
    group by emar_id
),

detail as (
    select
        r.emar_id,
        case when count(distinct r.infusion_rate) > 1 or count(distinct r.unit) > 1 then 'several rates' else min(r.infusion_rate) end as rate,
        min(r.unit) as rate_unit,
        case when count(distinct r.route) > 1 then 'several routes' else min(r.route) end as route
    from (
        select
            d.*,
            coalesce(u.meaning, d.infusion_rate_unit) as unit
        from detail_row as d
        left join unit_code as u on u.unit = lower(replace(d.infusion_rate_unit, ' ', ''))
    ) as r
    group by r.emar_id
),

ordered as (
    select
        pharmacy_id,
        case when count(distinct route) = 1 then min(route) end as route
    from prescriptions
    where pharmacy_id is not null
    group by pharmacy_id
),

in_icu as (
    select distinct
        s.stay_id,
        s.subject_id,
        s.intime,
        s.outtime,
        i.product
    from icustays as s
    inner join input_given as i on i.stay_id = s.stay_id
    where i.status is distinct from 'entered_in_error'
),

named as (
    select
        e.*,
        coalesce(d.product, d.resembles) as product,
        d.product is null as is_unmapped,
        exists (
            select 1
            from in_icu as i
            where
                i.subject_id = e.subject_id
                and i.product = coalesce(d.product, d.resembles)
                and try_cast(e.charttime as timestamp) between try_cast(i.intime as timestamp) and try_cast(i.outtime as timestamp)
        ) as in_icu_chart
    from emar as e
    inner join drug as d on d.source = 'emar' and d.code = coalesce(lower(trim(e.medication)), '') and coalesce(d.product, d.resembles) is not null
)

select
    n.* exclude (product),
    n.product || case when n.in_icu_chart then ' (emar)' else '' end as product,
    a.dose,
    coalesce(au.meaning, a.dose_unit) as dose_unit,
    d.rate,
    d.rate_unit,
    coalesce(v.event, case when d.rate is not null then 'infusion' else 'bolus' end) as event,
    case when v.event is null then coalesce('event ' || n.event_txt, 'not charted') else v.status end as status,
    coalesce(t.route, d.route, ot.route, o.route, case when v.event in ('bolus', 'infusion') and d.rate is null then 'not charted' end) as route,
    case when n.is_unmapped and not n.in_icu_chart then 'product_not_mapped' end as contradiction
from named as n
left join amount as a on a.emar_id = n.emar_id
left join detail as d on d.emar_id = n.emar_id
left join ordered as o on o.pharmacy_id = n.pharmacy_id
left join emar_event as v on v.event_txt = n.event_txt
left join route_code as t on t.source = 'emar' and t.code = lower(trim(d.route))
left join route_code as ot on ot.source = 'emar' and ot.code = lower(trim(o.route))
left join unit_code as au on au.unit = lower(replace(a.dose_unit, ' ', ''))
where coalesce(v.event, '') <> 'none'
