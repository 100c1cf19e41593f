/* Orders in their latest version, with what they order and by which route. */
with latest as (
    select
        m.*,
        reference_id(m.subject.reference) as patient_id,
        reference_id(m.encounter.reference) as encounter_id
    from fhir_medicationrequest as m
    where not exists (select 1 from older_version as v where v.file_id = m.file_id and v.line = m.line)
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
left join medication_product as m on m.id = medication_key(o.medicationreference.reference, o.file_id, o.line)
left join routed as r on r.id = o.id
