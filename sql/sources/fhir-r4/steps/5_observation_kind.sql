/* Every code of an observation or of a component, how often it occurs, and the kind that it means; null where it means none, or several. */
with concept as (
    select
        code,
        count(*) as occurrences,
        sum(case when component is null then 1 else 0 end) as alone
    from fhir_observation as o
    where not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
    group by code
    union all
    select
        part.code,
        count(*),
        count(*)
    from (
        select unnest(component) as part
        from fhir_observation as o
        where component is not null and not exists (select 1 from older_version as v where v.file_id = o.file_id and v.line = o.line)
    ) as p
    group by part.code
),

meaning as (
    select
        c.code,
        min(k.kind) as kind,
        min(nullif(k.method, '')) as method
    from (select code, unnest(code.coding) as coding from (select distinct code from concept) as d) as c
    inner join observation_code as k on k.system = c.coding.system and k.code = c.coding.code
    group by c.code
    having count(distinct k.kind) = 1
)

select
    c.code,
    sum(c.occurrences) as occurrences,
    sum(c.alone) as alone,
    max(m.kind) as kind,
    max(m.method) as method
from concept as c
left join meaning as m on m.code = c.code
group by c.code
