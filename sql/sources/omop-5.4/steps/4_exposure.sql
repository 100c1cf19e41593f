/* Every drug exposure with what its codes mean: what kind of record it is, of which drug, by which route, and the rate and amount it states. */
with routed as (
    select
        n.route_concept_id,
        n.route_source_value,
        case when count(distinct r.route) > 1 then 'contradictory' else max(r.route) end as route
    from (
        select distinct
            route_concept_id,
            route_source_value
        from omop_drug_exposure
    ) as n
    left join known_code as k on k.concept_id = n.route_concept_id
    left join route_code as r
        on (lower(r.vocabulary) = k.vocabulary and lower(r.code) = k.code)
        or (r.vocabulary = 'source' and lower(r.code) = lower(trim(n.route_source_value)))
    group by n.route_concept_id, n.route_source_value
),

stated as (
    select
        d.*,
        t.meaning as kind_of_record,
        g.product,
        g.is_contradictory,
        g.resembles,
        coalesce(f.drug_class, g.drug_class) as drug_class,
        g.name,
        g.is_local,
        g.concentration as strength,
        g.concentration_unit as strength_unit,
        r.route as mapped_route,
        coalesce(s.status, d.stop_reason) as status,
        s.status is null and d.stop_reason is not null as is_status_unmapped,
        f.* exclude (file_id, line, drug_class, rate, rate_unit, event),
        coalesce(v.event, f.event) as stated_event,
        f.event is not null and v.event is null as is_event_unmapped,
        coalesce(u.unit, d.dose_unit_source_value) as dose_unit,
        regexp_matches(lower(coalesce(u.unit, d.dose_unit_source_value)), '/ *(h|hr|hour|min|minute)$') as is_rate,
        coalesce(f.rate, regexp_extract(d.sig, '^ *([0-9]+(\.[0-9]+)?) *[a-zA-Zµμ]+(/kg)?/(h|hr|hour|min|minute) *$', 1)) as sig_rate,
        coalesce(f.rate_unit, trim(regexp_extract(d.sig, '^ *[0-9]+(\.[0-9]+)? *([a-zA-Zµμ]+(/kg)?/(h|hr|hour|min|minute)) *$', 2))) as sig_rate_unit
    from omop_drug_exposure as d
    left join drug as g
        on g.drug_concept_id is not distinct from d.drug_concept_id
        and g.drug_source_concept_id is not distinct from d.drug_source_concept_id
        and g.drug_source_value is not distinct from d.drug_source_value
    left join fact as f on f.file_id = d.file_id and f.line = d.line
    left join drug_type as t on t.concept_id = d.drug_type_concept_id
    left join routed as r
        on r.route_concept_id is not distinct from d.route_concept_id and r.route_source_value is not distinct from d.route_source_value
    left join status_code as s on lower(s.stop_reason) = lower(trim(d.stop_reason))
    left join event_code as v on lower(v.sig) = lower(trim(coalesce(f.event, d.sig)))
    left join unit_code as u on u.vocabulary = 'source' and lower(u.code) = lower(trim(d.dose_unit_source_value))
),

rated as (
    select
        * exclude (sig_rate, sig_rate_unit),
        coalesce(nullif(sig_rate, ''), case when is_rate then quantity end) as rate,
        coalesce(nullif(sig_rate_unit, ''), case when is_rate and coalesce(sig_rate, '') = '' then dose_unit end) as rate_unit,
        case when not coalesce(is_rate, false) then quantity end as amount,
        coalesce(is_rate and nullif(sig_rate, '') is not null and quantity is not null, false)
        and (
            try_cast(sig_rate as decimal(18, 9)) is distinct from try_cast(quantity as decimal(18, 9))
            or lower(sig_rate_unit) is distinct from lower(dose_unit)
        ) as states_two_rates,
        coalesce(
            try_cast(drug_exposure_end_datetime as timestamp) = try_cast(drug_exposure_start_datetime as timestamp),
            drug_exposure_end_datetime = drug_exposure_start_datetime,
            false
        ) as is_point,
        drug_exposure_end_datetime is null and drug_exposure_end_date > left(coalesce(drug_exposure_start_date, drug_exposure_start_datetime), 10)
            as ends_later
    from stated
),

scaled as (
    select
        *,
        case
            when regexp_matches(lower(rate_unit), '^(g|mg|mcg|ug|µg|μg|ng)/(h|hr|hour|min|minute)$')
                then
                    try_cast(rate as double)
                    * case split_part(lower(rate_unit), '/', 1) when 'g' then 1000 when 'mg' then 1 when 'ng' then 0.000001 else 0.001 end
                    * case when contains(rate_unit, '/min') then 60 else 1 end
                    * (epoch_us(try_cast(drug_exposure_end_datetime as timestamp)) - epoch_us(try_cast(drug_exposure_start_datetime as timestamp))) / 3600000000
        end as mg_by_rate,
        try_cast(amount as double) * case lower(dose_unit) when 'g' then 1000 when 'mg' then 1 when 'mcg' then 0.001 when 'ng' then 0.000001 end as mg_stated
    from rated
)

select
    *,
    case
        when coalesce(says_twice, false) then null
        when stated_event is not null then stated_event
        when rate is not null or ends_later or (drug_exposure_end_datetime is not null and not is_point) then 'infusion'
        else 'bolus'
    end as event,
    case
        when is_contradictory then 'product_contradictory'
        when product is null and resembles is not null then 'product_not_mapped'
        when kind_of_record is null then 'drug_type_not_mapped'
        when says_twice then 'sig_says_twice'
        when states_two_rates then 'two_rates'
        when abs(mg_stated - mg_by_rate) > 0.1 * mg_by_rate and not is_point then 'dose_contradicts_rate'
    end as refused
from scaled
