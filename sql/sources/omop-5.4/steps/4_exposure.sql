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
        coalesce(s.status in ('not_given', 'held', 'refused', 'entered_in_error'), false) as is_not_taken,
        coalesce(s.status = 'entered_in_error', false) as is_withdrawn,
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

charted_unit as (
    select
        a.col0 || t.col0 as unit,
        a.col1 as dimension,
        a.col2 * t.col1 as factor
    from (values
        ('g', 'mg', 1000), ('mg', 'mg', 1), ('mcg', 'mg', 0.001), ('ng', 'mg', 0.000001),
        ('g/kg', 'mg/kg', 1000), ('mg/kg', 'mg/kg', 1), ('mcg/kg', 'mg/kg', 0.001), ('ng/kg', 'mg/kg', 0.000001),
        ('ml', 'mL', 1)
    ) as a
    cross join (values ('', 1), ('/h', 1), ('/min', 60)) as t
),

-- The amount as it is stated and as the rate gives it over the time, each in mg, mg/kg or mL.
scaled as (
    select
        r.*,
        a.dimension as amount_dimension,
        b.dimension as rate_dimension,
        try_cast(r.amount as double) * a.factor as charted_amount,
        try_cast(r.rate as double) * b.factor
        * (epoch_us(try_cast(r.drug_exposure_end_datetime as timestamp)) - epoch_us(try_cast(r.drug_exposure_start_datetime as timestamp))) / 3600000000
            as charted_by_rate,
        try_cast(r.pump_weight as double)
        * case lower(r.pump_weight_unit) when 'kg' then 1 when 'lb' then 0.45359237 when 'g' then 0.001 when 'oz' then 0.028349523125 end as pump_kg,
        try_cast(r.concentration as double) * c.factor as mg_per_ml
    from rated as r
    left join charted_unit as a on a.unit = plain_unit(regexp_replace(r.dose_unit, '[µμ]', 'u'))
    left join charted_unit as b on b.unit = plain_unit(regexp_replace(r.rate_unit, '[µμ]', 'u'))
    left join charted_unit as c on c.unit || '/ml' = plain_unit(regexp_replace(r.concentration_unit, '[µμ]', 'u')) and c.dimension = 'mg'
),

-- Where the two are not charted alike, the pump's weight or the concentration makes mg of both.
compared as (
    select
        * exclude (amount_dimension, rate_dimension, charted_amount, charted_by_rate, pump_kg, mg_per_ml),
        charted_amount
        * case when amount_dimension in ('mg', rate_dimension) then 1 when amount_dimension = 'mg/kg' then pump_kg else mg_per_ml end as amount_stated,
        charted_by_rate
        * case when rate_dimension in ('mg', amount_dimension) then 1 when rate_dimension = 'mg/kg' then pump_kg else mg_per_ml end as amount_by_rate
    from scaled
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
        when (file_id, line) in (select (file_id, line) from astray) then 'visit_of_another_person'
        when is_contradictory then 'product_contradictory'
        when product is null and resembles is not null then 'product_not_mapped'
        when kind_of_record is null then 'drug_type_not_mapped'
        when says_twice then 'sig_says_twice'
        when states_two_rates then 'two_rates'
        when abs(amount_stated - amount_by_rate) > 0.1 * amount_by_rate and not is_point then 'dose_contradicts_rate'
    end as refused
from compared
