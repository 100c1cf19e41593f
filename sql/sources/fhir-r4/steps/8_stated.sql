/* Medication statements with the class of their drug and the extensions of a history.

One that does not say that the drug was taken (on hold, unknown, no status) is refused: it may or may not have been. Codes or extensions that say
different things give all of them, which no rule reads. */
with numbered as (
    select
        *,
        cast(file_id as bigint) * 4294967296 + line as number,
        medication_key(medicationreference.reference, file_id, line) as medication_id
    from fhir_medicationstatement as s
    where
        coalesce(status, '') not in ('entered-in-error', 'not-taken', 'intended')
        and not exists (select 1 from older_version as v where v.file_id = s.file_id and v.line = s.line)
),

part as (
    select distinct
        e.number,
        u.meaning,
        coalesce(e.part.valueinteger, e.part.valuedecimal, exact_value(e.part.valuequantity), e.part.valuecode, e.part.valuestring) as said
    from (select number, unnest(extension) as part from numbered) as e
    inner join extension_url as u on u.resource = 'MedicationStatement' and u.url = e.part.url
),

extended as (
    select
        number,
        string_agg(said, ' or ' order by said) filter (where meaning = 'days_supply') as days_supply,
        string_agg(said, ' or ' order by said) filter (where meaning = 'mme_per_day') as mme_per_day,
        string_agg(said, ' or ' order by said) filter (where meaning = 'outcome') as outcome,
        string_agg(said, ' or ' order by said) filter (where meaning = 'drug_class') as drug_class
    from part
    group by number
),

drug_of as (
    select
        n.number,
        coalesce(n.medicationcodeableconcept, m.code) as concept
    from numbered as n
    left join medication_resource as m on m.id = n.medication_id
),

classed as (
    select
        c.number,
        string_agg(distinct k.drug_class, ' or ' order by k.drug_class) as drug_class
    from (select number, unnest(concept.coding) as coding from drug_of) as c
    inner join drug_class_code as k on k.system = c.coding.system and k.code = c.coding.code
    group by c.number
)

select
    n.file_id,
    n.line,
    case when b.line is null then reference_id(n.subject.reference) else b.patient_id end as patient_id,
    coalesce(d.concept.text, d.concept.coding[1].display, n.medicationreference.display) as drug,
    coalesce(e.drug_class, c.drug_class) as drug_class,
    day_start(coalesce(n.effectiveperiod.start, n.effectivedatetime)) as started_at,
    day_end(n.effectiveperiod."end") as ended_at,
    e.days_supply,
    e.outcome,
    e.mme_per_day,
    case
        when starts_with(n.informationsource.reference, 'Patient/') or n.informationsource.reference = n.subject.reference then 'form'
        else 'record'
    end as origin,
    case
        when b.line is not null then b.refused
        when coalesce(n.status, '') not in ('active', 'completed', 'stopped') then 'status_unknown'
    end as refused
from numbered as n
left join extended as e on e.number = n.number
left join drug_of as d on d.number = n.number
left join classed as c on c.number = n.number
left join doubted as b on b.file_id = n.file_id and b.line = n.line
