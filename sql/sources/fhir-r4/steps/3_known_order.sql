/* Orders in their latest version, with what they order and by which route. */
with latest as (
    select
        *,
        split_part(split_part(replace(subject.reference, 'urn:uuid:', ''), '/_history', 1), '/', -1) as patient_id,
        split_part(split_part(replace(encounter.reference, 'urn:uuid:', ''), '/_history', 1), '/', -1) as encounter_id
    from fhir_medicationrequest
    qualify rank() over (partition by id order by coalesce(meta.lastupdated, '') desc) = 1
),

routed as (
    select
        c.id,
        coalesce(max(r.route), max(c.coding.code)) as route
    from (select id, unnest(dosageinstruction[1].route.coding) as coding from latest) as c
    left join route_code as r on lower(r.system) = lower(c.coding.system) and lower(r.code) = lower(c.coding.code)
    group by c.id
    having count(distinct r.route) <= 1
)

select
    o.*,
    coalesce(d.product, m.product) as product,
    r.route
from latest as o
left join drug as d on d.concept = o.medicationcodeableconcept
left join medication_product as m on m.id = split_part(split_part(replace(o.medicationreference.reference, 'urn:uuid:', ''), '/_history', 1), '/', -1)
left join routed as r on r.id = o.id
