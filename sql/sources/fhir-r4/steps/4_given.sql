/* Administrations in their latest version with every code read and every reference followed; number tells those of one line apart. */
with latest as (
    select
        file_id,
        line,
        id,
        cast(file_id as bigint) * 4294967296 + line as number,
        status,
        extension,
        medicationcodeableconcept as concept,
        medicationreference.display as medication_name,
        reference_id(subject.reference) as subject_id,
        reference_id(context.reference) as context_id,
        reference_id(request.reference) as request_id,
        medication_key(medicationreference.reference, file_id, line) as medication_id,
        reference_id(device[1].reference) as device_id,
        reference_id(performer[1].actor.reference) as performer_id,
        coalesce(effectivedatetime, effectiveperiod.start) as started_at,
        effectiveperiod."end" as stopped_at,
        effectiveperiod is not null as has_period,
        lower(dosage.text) as words,
        dosage.method,
        dosage.route,
        exact_value(dosage.dose) as dose,
        coalesce(dosage.dose.code, dosage.dose.unit) as dose_unit,
        case when dosage.dose.code is not null then dosage.dose.unit end as dose_words,
        dosage.ratequantity is not null as has_rate,
        coalesce(exact_value(dosage.ratequantity), dosage.rateratio.numerator.value) as rate_value,
        coalesce(dosage.ratequantity.code, dosage.ratequantity.unit) as rate_code,
        case when dosage.ratequantity.code is not null then dosage.ratequantity.unit end as rate_words,
        dosage.rateratio as ratio,
        coalesce(dosage.rateratio.denominator.code, dosage.rateratio.denominator.unit) as ratio_per,
        /* 30 mg in 60 min is 30 mg/h: a sixtieth of it would have to be rounded */
        dosage.ratequantity is null and coalesce(try_cast(dosage.rateratio.denominator.value as double) <> 1, false)
        and coalesce(ratio_per in ('min', 'minute', 'minutes'), false) as is_per_minutes
    from fhir_medicationadministration as a
    where not exists (select 1 from older_version as v where v.file_id = a.file_id and v.line = a.line)
),

extended as (
    select
        e.number,
        max(case when u.meaning = 'source' then coalesce(e.part.valuecode, e.part.valuestring) end) as source,
        max(case when u.meaning = 'line_id' then coalesce(e.part.valuestring, e.part.valuecode) end) as line_id,
        max(case when u.meaning = 'volume_ml' then coalesce(e.part.valuequantity.value, e.part.valuedecimal) end) as volume_ml,
        max(case when u.meaning = 'concentration' then e.part.valuequantity end) as concentration,
        max(case when u.meaning = 'pump_weight' then e.part.valuequantity end) as pump_weight,
        max(case when u.meaning = 'delivered_count' then coalesce(e.part.valueinteger, e.part.valuedecimal, e.part.valuestring) end) as delivered_count,
        max(case when u.meaning = 'total_dose' then e.part.valuequantity end) as total_dose,
        max(case when u.meaning = 'recorded_at' then coalesce(e.part.valuedatetime, e.part.valuestring) end) as recorded_at
    from (select number, unnest(extension) as part from latest) as e
    inner join extension_url as u on u.resource = 'MedicationAdministration' and u.url = e.part.url
    group by e.number
),

method as (
    select
        c.number,
        max(coalesce(v.event, c.coding.code)) as event,
        count(distinct v.event) > 1 as is_contradictory
    from (select number, unnest(method.coding) as coding from latest) as c
    left join event_code as v on lower(v.system) = lower(c.coding.system) and lower(v.code) = lower(c.coding.code)
    where v.event is not null or c.coding.system = 'urn:infusion-audit:event'
    group by c.number
),

routed as (
    select
        c.number,
        case when count(distinct r.route) > 1 then 'contradictory' else coalesce(max(r.route), max(c.coding.code)) end as route
    from (select number, unnest(route.coding) as coding from latest) as c
    left join route_code as r on lower(r.system) = lower(c.coding.system) and lower(r.code) = lower(c.coding.code)
    group by c.number
),

charted_text as (
    select
        number,
        unnest(regexp_extract_all(words, '([0-9]+(\.[0-9]+)?) *((mg|mcg|ug|ng|g|ml)(/kg)?/(h|hr|hour|min|minute))\b', 1)) as amount,
        unnest(regexp_extract_all(words, '([0-9]+(\.[0-9]+)?) *((mg|mcg|ug|ng|g|ml)(/kg)?/(h|hr|hour|min|minute))\b', 3)) as unit
    from (select number, replace(replace(words, 'µ', 'u'), 'μ', 'u') as words from latest where words is not null) as w
),

united as (
    select
        a.* exclude (dose_unit, dose_words, rate_words, ratio_per, is_per_minutes, route, method, extension),
        agreed_unit(du.meaning, dw.meaning, a.dose_unit) as dose_unit,
        case
            when a.has_rate then agreed_unit(ru.meaning, rw.meaning, a.rate_code)
            else coalesce(nu.meaning, a.ratio.numerator.unit) || '/' || case when a.is_per_minutes then 'h' else a.ratio_per end
        end as rate_unit,
        case
            when a.is_per_minutes
                then cast(60 * try_cast(a.rate_value as double) / nullif(try_cast(a.ratio.denominator.value as double), 0) as varchar)
            when not a.has_rate and try_cast(a.ratio.denominator.value as double) <> 1
                then cast(try_cast(a.rate_value as double) / nullif(try_cast(a.ratio.denominator.value as double), 0) as varchar)
            else a.rate_value
        end as rate
    from latest as a
    left join unit_code as du on du.unit = lower(replace(a.dose_unit, ' ', ''))
    left join unit_code as ru on ru.unit = lower(replace(a.rate_code, ' ', ''))
    left join unit_code as dw on dw.unit = lower(replace(a.dose_words, ' ', ''))
    left join unit_code as rw on rw.unit = lower(replace(a.rate_words, ' ', ''))
    left join unit_code as nu on nu.unit = lower(replace(coalesce(a.ratio.numerator.code, a.ratio.numerator.unit), ' ', ''))
),

measured as (
    select
        *,
        lower(replace(replace(replace(rate_unit, 'µ', 'u'), 'μ', 'u'), ' ', '')) as plain_unit,
        case
            when rate is not null and dose is not null and stopped_at is not null
                then (epoch_us(try_cast(stopped_at as timestamptz)) - epoch_us(try_cast(started_at as timestamptz))) / 3600000000
        end as hours
    from united
),

scaled as (
    select
        number,
        rate,
        regexp_replace(plain_unit, '^(g|mg|mcg|ug|ng)(/kg)?/.*$', 'mass\2') as dimension,
        try_cast(rate as double)
        * case split_part(plain_unit, '/', 1) when 'g' then 1000 when 'mg' then 1 when 'ng' then 0.000001 when 'ml' then 1 else 0.001 end
        * case when contains(plain_unit, '/min') then 60 else 1 end as per_h
    from measured
),

text_scaled as (
    select
        number,
        regexp_replace(unit, '^(g|mg|mcg|ug|ng)(/kg)?/.*$', 'mass\2') as dimension,
        try_cast(amount as double)
        * case split_part(unit, '/', 1) when 'g' then 1000 when 'mg' then 1 when 'ng' then 0.000001 when 'ml' then 1 else 0.001 end
        * case when contains(unit, '/min') then 60 else 1 end as per_h
    from charted_text
),

told as (
    select
        s.number,
        max(case when abs(t.per_h - s.per_h) <= 0.001 * s.per_h then 1 else 0 end) = 0 as is_contradictory
    from scaled as s
    inner join text_scaled as t on t.number = s.number and t.dimension = case when starts_with(s.dimension, 'ml/') then t.dimension else s.dimension end
    where s.per_h is not null and (starts_with(s.dimension, 'ml/') = starts_with(t.dimension, 'ml/'))
    group by s.number
)

select
    a.* exclude (words, has_rate, rate_value, rate_code, ratio, plain_unit, hours),
    e.* exclude (number),
    coalesce(
        v.event,
        case when a.rate is not null or (a.has_period and a.started_at is distinct from a.stopped_at) then 'infusion' else 'bolus' end
    ) as event,
    coalesce(r.route, o.route) as route,
    coalesce(s.status, a.status, 'missing') as given_status,
    case
        when a.concept is not null then d.product
        when m.id is not null then m.product
        else lower(a.medication_name)
    end as product,
    coalesce(d.name, m.name, lower(a.medication_name)) as drug_name,
    coalesce(d.resembles, m.resembles) as resembles,
    m.strength,
    p.patient_id as context_patient_id,
    o.patient_id as order_patient_id,
    case
        when nullif(a.subject_id, '') is null then 'subject_missing'
        when o.patient_id <> a.subject_id then 'order_of_another_patient'
        when p.patient_id <> a.subject_id then 'encounter_of_another_patient'
        when a.concept is null and a.medication_id is null and a.medication_name is null then 'medication_missing'
        when a.concept is null and m.id is null and a.medication_name is null then 'medication_not_found'
        when coalesce(d.is_contradictory, m.is_contradictory) then 'product_contradictory'
        when coalesce(d.resembles, m.resembles) is not null then 'product_not_mapped'
        when v.is_contradictory then 'method_contradictory'
        when t.is_contradictory then 'text_contradicts_rate'
        when
            abs(
                try_cast(a.dose as double)
                * case lower(a.dose_unit) when 'g' then 1000 when 'mg' then 1 when 'mcg' then 0.001 when 'ng' then 0.000001 end
                - z.per_h * a.hours
            )
            > 0.1 * z.per_h * a.hours
            and z.dimension = 'mass' and a.status = 'completed'
            then 'dose_contradicts_rate'
    end as refused
from measured as a
left join extended as e on e.number = a.number
left join method as v on v.number = a.number
left join routed as r on r.number = a.number
left join told as t on t.number = a.number
left join scaled as z on z.number = a.number
left join status_code as s on s.code = a.status
left join drug as d on d.concept = a.concept
left join medication_product as m on m.id = a.medication_id
left join known_order as o on o.id = a.request_id
left join (
    select
        id,
        min(reference_id(subject.reference)) as patient_id
    from fhir_encounter
    group by id
) as p on p.id = a.context_id
