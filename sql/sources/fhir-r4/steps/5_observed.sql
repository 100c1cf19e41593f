/* Observations and their components whose code means a kind of ours, with the value as text. Codes are looked up once for each that occurs. */
with concept as (
    select distinct code from fhir_observation
    union
    select distinct part.code from (select unnest(component) as part from fhir_observation where component is not null)
),

kind as (
    select
        c.code,
        min(k.kind) as kind,
        min(nullif(k.method, '')) as method
    from (select code, unnest(code.coding) as coding from concept) as c
    inner join observation_code as k on k.system = c.coding.system and k.code = c.coding.code
    group by c.code
    having count(distinct k.kind) = 1
),

single as (
    select
        o.file_id,
        o.line,
        o.status,
        o.subject.reference as subject,
        o.encounter.reference as encounter,
        k.kind,
        k.method,
        o.valuequantity,
        coalesce(o.valuequantity.value, o.valueinteger, o.valuestring, o.valueboolean) as value,
        o.valuecodeableconcept,
        o.dataabsentreason,
        o.referencerange,
        o.method as how,
        o.bodysite,
        coalesce(o.effectivedatetime, o.effectiveinstant, o.effectiveperiod."end", o.effectiveperiod.start) as effective_at,
        o.issued
    from fhir_observation as o
    inner join kind as k on k.code = o.code
),

part as (
    select
        o.file_id,
        o.line,
        o.status,
        o.subject.reference as subject,
        o.encounter.reference as encounter,
        unnest(o.component) as part,
        o.method as how,
        o.bodysite,
        coalesce(o.effectivedatetime, o.effectiveinstant, o.effectiveperiod."end", o.effectiveperiod.start) as effective_at,
        o.issued
    from fhir_observation as o
    where o.component is not null
)

select * from single
union all
select
    p.file_id,
    p.line,
    p.status,
    p.subject,
    p.encounter,
    k.kind,
    k.method,
    p.part.valuequantity,
    coalesce(p.part.valuequantity.value, p.part.valueinteger, p.part.valuestring),
    p.part.valuecodeableconcept,
    p.part.dataabsentreason,
    p.part.referencerange,
    p.how,
    p.bodysite,
    p.effective_at,
    p.issued
from part as p
inner join kind as k on k.code = p.part.code
