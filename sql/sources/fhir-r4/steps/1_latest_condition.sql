/* Conditions in their latest version, so that what was corrected or entered in error is not read beside what it was. */
with newest as (
    select
        id,
        max(version_of(meta)) as last_updated
    from fhir_condition
    where id is not null
    group by id
    having count(*) > 1
)

select o.*
from fhir_condition as o
left join newest as n on n.id = o.id
where n.id is null or version_of(o.meta) = n.last_updated
