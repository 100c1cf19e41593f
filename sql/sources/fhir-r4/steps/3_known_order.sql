/* Orders in their latest version, one row for each copy, with the route of all their instructions; one that names none is intravenous. */
with latest as (
    select
        m.*,
        cast(m.file_id as bigint) * 4294967296 + m.line as number,
        reference_to('Patient', m.subject.reference) as patient_id,
        reference_to('Encounter', m.encounter.reference) as encounter_id,
        medication_key(m.medicationreference.reference, m.file_id, m.line) as medication_id
    from fhir_medicationrequest as m
    where not exists (select 1 from older_version as v where v.file_id = m.file_id and v.line = m.line)
),

instructed as (
    select
        c.number,
        c.said,
        case when count(distinct r.route) > 1 then 'contradictory' else coalesce(max(r.route), max(shown_coding(c.coding)), 'iv') end as route
    from (
        select
            number,
            instruction.route as said,
            unnest(codings_of(instruction.route)) as coding
        from (select number, unnest(dosageinstruction) as instruction from latest) as i
    ) as c
    left join route_code as r on lower(r.system) = lower(c.coding.system) and lower(r.code) = lower(c.coding.code)
    group by c.number, c.said
),

routed as (
    select
        number,
        case when count(distinct route) > 1 then 'contradictory' else min(route) end as route
    from instructed
    group by number
)

select
    o.* exclude (number),
    r.route
from latest as o
left join routed as r on r.number = o.number
