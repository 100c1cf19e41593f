/* Conditions in their latest version, so that what was corrected or entered in error is not read beside what it was. */
with newest as (
    select
        id,
        max(coalesce(epoch_us(try_cast(meta.lastupdated as timestamptz)), 0)) as last_updated
    from fhir_condition
    where id is not null
    group by id
    having count(*) > 1
)

select o.*
from fhir_condition as o
left join newest as n on n.id = o.id
where n.id is null or coalesce(epoch_us(try_cast(o.meta.lastupdated as timestamptz)), 0) = n.last_updated
