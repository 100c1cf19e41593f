/* FHIR R4 Observation, final or not; what was entered in error, cancelled, or not measured for a reason is no observation. */
with answer as (
    select
        a.concept,
        coalesce(min(v.value), lower(coalesce(min(a.concept.text), min(a.coding.display), min(a.coding.code)))) as value
    from (select concept, unnest(concept.coding) as coding from (select distinct valuecodeableconcept as concept from observed)) as a
    left join value_code as v on v.system = a.coding.system and v.code = a.coding.code
    group by a.concept
),

side as (
    select
        s.site,
        min(c.side) as side
    from (select site, unnest(site.coding) as coding from (select distinct bodysite as site from observed)) as s
    inner join side_code as c on c.system = s.coding.system and c.code = s.coding.code
    group by s.site
)

select
    o.file_id,
    o.line,
    split_part(split_part(replace(o.subject, 'urn:uuid:', ''), '/_history', 1), '/', -1) as patient_id,
    nullif(split_part(split_part(replace(o.encounter, 'urn:uuid:', ''), '/_history', 1), '/', -1), '') as encounter_id,
    o.kind,
    case
        when regexp_matches(o.value, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(o.value as decimal(18, 9)) as varchar), o.value)
        else coalesce(o.value, a.value)
    end as value,
    coalesce(u.meaning, o.valuequantity.unit, o.valuequantity.code) as unit,
    coalesce(o.method, lower(o.how.text)) as method,
    s.side as laterality,
    o.referencerange[1].high.value as upper_limit,
    o.effective_at,
    o.issued as recorded_at
from observed as o
left join answer as a on a.concept = o.valuecodeableconcept
left join side as s on s.site = o.bodysite
left join unit_code as u on u.unit = lower(coalesce(o.valuequantity.code, o.valuequantity.unit))
where
    coalesce(o.status, '') not in ('entered-in-error', 'cancelled')
    and (o.dataabsentreason is null or coalesce(o.value, a.value) is not null)
