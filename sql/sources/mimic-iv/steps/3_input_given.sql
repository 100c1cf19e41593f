/* Input events, read: a rate is an infusion from its start to its end, an amount at a time is a push.

An amount over a period without a rate is an infusion of unknown rate and a total; nobody knows what one is that ends before it
starts. A row that was rewritten was never given; what replaced it is a row of its own. An order's rows of one item are one
record, numbered; rows without an orderid are told by their place in the chart. */
with coded as (
    select
        r.*,
        coalesce(d.product, d.resembles, d.drug_name) as product,
        d.product is not null as is_known,
        d.resembles,
        coalesce(t.route, r.ordercategoryname) as route,
        case
            when coalesce(nullif(r.cancelreason, '0'), '') <> '' and coalesce(s.status, '') <> 'entered_in_error' then 'cancelled'
            else coalesce(s.status, 'status ' || r.statusdescription)
        end as status,
        coalesce(au.meaning, r.amountuom) as dose_unit,
        coalesce(ru.meaning, r.rateuom) as rate_unit,
        (epoch_us(try_cast(r.endtime as timestamp)) - epoch_us(try_cast(r.starttime as timestamp))) / 3600000000 as hours,
        concat_ws(
            '/', 'inputevents', r.stay_id, r.itemid, coalesce(r.orderid, r.fhir_id, cast(try_cast(r.starttime as timestamp) as varchar), r.starttime)
        ) as record
    from input_row as r
    left join drug as d on d.source = 'inputevents' and d.code = r.itemid
    left join route_code as t on t.source = 'inputevents' and t.code = r.ordercategoryname
    left join input_status as s on s.statusdescription = r.statusdescription
    left join unit_code as au on au.unit = lower(replace(r.amountuom, ' ', ''))
    left join unit_code as ru on ru.unit = lower(replace(r.rateuom, ' ', ''))
),

told as (
    select
        *,
        case
            when rate is not null or hours * 60 > 1.5 then 'infusion'
            when coalesce(hours, 0) >= 0 or status = 'entered_in_error' then 'bolus'
        end as event,
        try_cast(amount as double) * case dose_unit when 'g' then 1000 when 'mg' then 1 when 'mcg' then 0.001 end as mg,
        try_cast(rate as double)
        * case split_part(rate_unit, '/', 1) when 'mg' then 1 when 'mcg' then 0.001 end
        * case when ends_with(rate_unit, '/min') then 60 else 1 end
        * case when contains(rate_unit, '/kg/') then try_cast(patientweight as double) else 1 end
        * hours as expected_mg,
        dense_rank() over (
            partition by record
            order by starttime, endtime, amount, amountuom, rate, rateuom, statusdescription
        ) as nth
    from coded
)

select
    *,
    concat_ws('/', record, nth) as id,
    case
        when status = 'entered_in_error' then null
        when resembles is not null then 'product_not_mapped'
        when hours < 0 then 'ends_before_start'
        when abs(mg - expected_mg) > 0.1 * expected_mg then 'dose_contradicts_rate'
    end as contradiction
from told
