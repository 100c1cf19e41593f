/* Every code of an observation or of a component, how often it occurs, and the kind that it means; null where it means none, or several (is_contradictory).

Codes of two methods give both, which no rule reads. */
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
        case when count(distinct k.kind) = 1 then min(k.kind) end as kind,
        count(distinct k.kind) > 1 as is_contradictory,
        string_agg(distinct nullif(k.method, ''), ' or ' order by nullif(k.method, '')) as method
    from (select code, unnest(code.coding) as coding from (select distinct code from concept) as d) as c
    inner join observation_code as k on k.system = c.coding.system and k.code = c.coding.code
    group by c.code
)

select
    c.code,
    sum(c.occurrences) as occurrences,
    sum(c.alone) as alone,
    max(m.kind) as kind,
    coalesce(bool_or(m.is_contradictory), false) as is_contradictory,
    max(m.method) as method
from concept as c
left join meaning as m on m.code = c.code
group by c.code
