/* Administrations in their latest version with every code read and every reference followed; number tells those of one line apart. */
with latest as (
    select
        file_id,
        line,
        id,
        cast(file_id as bigint) * 4294967296 + line as number,
        status,
        coalesce(modifierextension, dosage.modifierextension) is not null as is_modified,
        extension,
        medicationcodeableconcept as concept,
        medicationreference.display as medication_name,
        reference_to('Patient', subject.reference) as subject_id,
        reference_to('Encounter', context.reference) as context_id,
        reference_to('MedicationRequest', request.reference) as request_id,
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
        exact_value(dosage.ratequantity) as rate_value,
        coalesce(dosage.ratequantity.code, dosage.ratequantity.unit) as rate_code,
        case when dosage.ratequantity.code is not null then dosage.ratequantity.unit end as rate_words,
        dosage.rateratio as ratio,
        exact_value(dosage.rateratio.numerator) as ratio_value,
        exact_value(dosage.rateratio.denominator) as ratio_in,
        agreed_unit(
            time_unit(dosage.rateratio.denominator.code),
            time_unit(dosage.rateratio.denominator.unit),
            coalesce(dosage.rateratio.denominator.code, dosage.rateratio.denominator.unit)
        ) as ratio_per
    from fhir_medicationadministration as a
    where not exists (select 1 from older_version as v where v.file_id = a.file_id and v.line = a.line)
),

extension_value as (
    select
        e.number,
        x.meaning,
        agreed_unit(c.meaning, w.meaning, coalesce(e.part.valuequantity.unit, e.part.valuequantity.code)) as measure,
        case
            when x.meaning = 'volume_ml' and measure <> 'mL' then exact_value(e.part.valuequantity) || ' ' || measure
            else
                coalesce(
                    exact_value(e.part.valuequantity), e.part.valuedecimal, e.part.valueinteger, e.part.valuedatetime, e.part.valuecode, e.part.valuestring
                )
        end as said
    from (select number, unnest(extension) as part from latest) as e
    inner join extension_url as x on x.resource = 'MedicationAdministration' and x.url = e.part.url
    left join unit_code as c on c.unit = lower(replace(e.part.valuequantity.code, ' ', ''))
    left join unit_code as w on w.unit = lower(replace(e.part.valuequantity.unit, ' ', ''))
),

/* Of an extension that is there twice with different values, all of them, which are no number. */
stated as (
    select
        number,
        meaning,
        string_agg(distinct said, ' or ' order by said) as said,
        string_agg(distinct measure, ' or ' order by measure) as unit
    from extension_value
    group by number, meaning
),

extended as (
    select
        number,
        max(case when meaning = 'source' then said end) as source,
        max(case when meaning = 'line_id' then said end) as line_id,
        max(case when meaning = 'volume_ml' then said end) as volume_ml,
        max(case when meaning = 'concentration' then said end) as concentration,
        max(case when meaning = 'concentration' then unit end) as concentration_unit,
        max(case when meaning = 'pump_weight' then said end) as pump_weight,
        max(case when meaning = 'pump_weight' then unit end) as pump_weight_unit,
        max(case when meaning = 'delivered_count' then said end) as delivered_count,
        max(case when meaning = 'total_dose' then said end) as total_dose,
        max(case when meaning = 'total_dose' then unit end) as total_dose_unit,
        max(case when meaning = 'recorded_at' then said end) as recorded_at
    from stated
    group by number
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
        case when count(distinct r.route) > 1 then 'contradictory' else coalesce(max(r.route), max(shown_coding(c.coding))) end as route
    from (select number, unnest(codings_of(route)) as coding from latest) as c
    left join route_code as r on lower(r.system) = lower(c.coding.system) and lower(r.code) = lower(c.coding.code)
    group by c.number
),

/* What an administration says of its drug: a concept, or the Medication that it refers to and the words beside that reference. */
said as (
    select
        a.number,
        2 as place,
        d.name,
        d.product,
        d.is_contradictory,
        d.candidates
    from latest as a
    inner join drug as d on d.concept = coalesce(a.concept, named_drug(a.medication_name))
    union all
    select
        a.number,
        1,
        m.name,
        m.product,
        m.is_contradictory,
        m.candidates
    from latest as a
    inner join medication_product as m on m.id = a.medication_id
    where a.concept is null
),

meant as (
    select
        number,
        arg_min(name, place) as name,
        coalesce(list(distinct product) filter (where product is not null), []) as products,
        coalesce(flatten(list(candidates) filter (where candidates is not null)), []) as candidates,
        bool_or(is_contradictory) as has_several
    from said
    group by number
),

drug_of as (
    select
        number,
        name,
        has_several or is_contradicted(products, candidates) as is_contradictory,
        case when not is_contradictory then products[1] end as product,
        nullif(array_to_string(list_sort(list_distinct(list_concat(products, candidates))), ' or '), '') as named
    from meant
),

/* What an order lends, if its copies agree. */
order_of as (
    select
        id,
        list(distinct patient_id) filter (where patient_id <> '') as patient_ids,
        case when count(distinct coalesce(route, 'iv')) > 1 then 'contradictory' else min(route) end as route
    from known_order
    where id is not null
    group by id
),

order_weight as (
    select
        o.id,
        case
            when count(distinct o.part.valuequantity) = 1
                then max(try_cast(o.part.valuequantity.value as double) * case w.meaning when 'kg' then 1 when 'lb' then 0.45359237 end)
        end as kg
    from (select id, unnest(extension) as part from known_order) as o
    inner join extension_url as x on x.resource = 'MedicationRequest' and x.meaning = 'dosing_weight' and x.url = o.part.url
    left join unit_code as w on w.unit = lower(replace(coalesce(o.part.valuequantity.code, o.part.valuequantity.unit), ' ', ''))
    group by o.id
),

encounter_of as (
    select
        id,
        list(distinct reference_to('Patient', subject.reference)) filter (where reference_to('Patient', subject.reference) <> '') as patient_ids
    from fhir_encounter as e
    where id is not null and not exists (select 1 from older_version as v where v.file_id = e.file_id and v.line = e.line)
    group by id
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
        a.* exclude (dose_unit, dose_words, rate_words, ratio_value, ratio_in, ratio_per, route, method, extension),
        agreed_unit(du.meaning, dw.meaning, a.dose_unit) as dose_unit,
        /* 30 mg in 60 min is 30 mg/h: a sixtieth of it would have to be rounded */
        a.ratio_per = 'min' and coalesce(try_cast(a.ratio_in as double) <> 1, false) as is_per_minutes,
        case
            when a.has_rate then agreed_unit(ru.meaning, rw.meaning, a.rate_code)
            else
                agreed_unit(nu.meaning, nw.meaning, coalesce(a.ratio.numerator.unit, a.ratio.numerator.code))
                || '/' || case when is_per_minutes then 'h' else a.ratio_per end
        end as rate_unit,
        case
            when a.has_rate then a.rate_value
            when is_per_minutes then divided(coalesce(cast(60 * try_cast(a.ratio_value as double) as varchar), a.ratio_value), a.ratio_in)
            else divided(a.ratio_value, a.ratio_in)
        end as rate
    from latest as a
    left join unit_code as du on du.unit = lower(replace(a.dose_unit, ' ', ''))
    left join unit_code as ru on ru.unit = lower(replace(a.rate_code, ' ', ''))
    left join unit_code as dw on dw.unit = lower(replace(a.dose_words, ' ', ''))
    left join unit_code as rw on rw.unit = lower(replace(a.rate_words, ' ', ''))
    left join unit_code as nu on nu.unit = lower(replace(a.ratio.numerator.code, ' ', ''))
    left join unit_code as nw on nw.unit = lower(replace(a.ratio.numerator.unit, ' ', ''))
),

measured as (
    select
        a.* exclude (is_per_minutes),
        e.* exclude (number, concentration, concentration_unit),
        coalesce(e.concentration, m.concentration) as concentration,
        case when e.concentration is not null then e.concentration_unit else m.concentration_unit end as concentration_unit,
        plain_unit(replace(replace(replace(a.rate_unit, 'µ', 'u'), 'μ', 'u'), ' ', '')) as plain_rate,
        plain_unit(replace(replace(replace(a.dose_unit, 'µ', 'u'), 'μ', 'u'), ' ', '')) as plain_dose,
        case
            when a.rate is not null and a.dose is not null and a.stopped_at is not null
                then (epoch_us(try_cast(a.stopped_at as timestamptz)) - epoch_us(try_cast(a.started_at as timestamptz))) / 3600000000
        end as hours
    from united as a
    left join extended as e on e.number = a.number
    left join medication_product as m on m.id = a.medication_id and a.concept is null
),

scaled as (
    select
        number,
        unit_dimension(plain_rate) as dimension,
        try_cast(rate as double) * unit_factor(plain_rate) as per_h
    from measured
),

text_scaled as (
    select
        number,
        unit_dimension(unit) as dimension,
        try_cast(amount as double) * unit_factor(unit) as per_h
    from charted_text
),

told as (
    select
        s.number,
        max(case when abs(t.per_h - s.per_h) <= 0.001 * s.per_h then 1 else 0 end) = 0 as is_contradictory
    from scaled as s
    inner join text_scaled as t on t.number = s.number and t.dimension = s.dimension
    where s.per_h is not null
    group by s.number
),

/* The charted dose, and what the rate gives over the period; of different dimensions by the weight and strength that the pump had, as far as they are known. */
amount as (
    select
        a.number,
        unit_dimension(a.plain_dose) as dose_dimension,
        s.dimension as rate_dimension,
        coalesce(
            try_cast(a.pump_weight as double) * case plain_unit(a.pump_weight_unit) when 'kg' then 1 when 'lb' then 0.45359237 end, w.kg
        ) as kg,
        try_cast(a.concentration as double) * case plain_unit(a.concentration_unit) when 'mg/ml' then 1 when 'mcg/ml' then 0.001 end as mg_per_ml,
        try_cast(a.dose as double) * unit_factor(a.plain_dose)
        * case when dose_dimension = rate_dimension then 1 else case dose_dimension when 'mass' then 1 when 'mass/kg' then kg when 'ml' then mg_per_ml end end
        as charted,
        s.per_h * a.hours
        * case when dose_dimension = rate_dimension then 1 else case rate_dimension when 'mass' then 1 when 'mass/kg' then kg when 'ml' then mg_per_ml end end
        as infused
    from measured as a
    inner join scaled as s on s.number = a.number
    left join order_weight as w on w.id = a.request_id
    where a.hours is not null
)

select
    a.* exclude (words, is_modified, has_rate, rate_value, rate_code, ratio, plain_rate, plain_dose, hours),
    case
        when v.is_contradictory then null
        else coalesce(
            v.event,
            case when a.rate is not null or (a.has_period and a.started_at is distinct from a.stopped_at) then 'infusion' else 'bolus' end
        )
    end as event,
    coalesce(r.route, o.route) as route,
    /* a word of the product is none of FHIR */
    coalesce(s.status, 'status ' || a.status, 'missing') as given_status,
    d.product,
    d.name as drug_name,
    case when d.product is null then d.named end as may_be,
    list_distinct(list_concat(coalesce(o.patient_ids, []), coalesce(p.patient_ids, []))) as other_patient_ids,
    case
        when nullif(a.subject_id, '') is null then 'subject_missing'
        when len(list_filter(o.patient_ids, lambda one: one <> a.subject_id)) > 0 then 'order_of_another_patient'
        when len(list_filter(p.patient_ids, lambda one: one <> a.subject_id)) > 0 then 'encounter_of_another_patient'
        /* FHIR: what a modifier changes is not known to those who do not know it */
        when a.is_modified then 'modifier_extension'
        when d.name is null and a.medication_id is not null and m.id is null then 'medication_not_found'
        when d.name is null then 'medication_missing'
        when d.is_contradictory then 'product_contradictory'
        when may_be is not null then 'product_not_mapped'
        when v.is_contradictory then 'method_contradictory'
        when t.is_contradictory then 'text_contradicts_rate'
        when abs(x.charted - x.infused) > 0.1 * x.infused and coalesce(s.status, '') not in ('held', 'not_given', 'entered_in_error')
            then 'dose_contradicts_rate'
    end as refused
from measured as a
left join method as v on v.number = a.number
left join routed as r on r.number = a.number
left join told as t on t.number = a.number
left join amount as x on x.number = a.number
left join status_code as s on s.code = a.status
left join drug_of as d on d.number = a.number
left join medication_product as m on m.id = a.medication_id
left join order_of as o on o.id = a.request_id
left join encounter_of as p on p.id = a.context_id
