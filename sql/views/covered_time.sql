/* Times covered by a supplied table, as merged stretches for each site, requirement (coverage_need) and department (NULL = all departments). One site's extract vouches for no other site. */
with entry as (
    select distinct
        p.site,
        q.table_name,
        q.requirement,
        c.department,
        c.covered_from,
        least(c.covered_to, coalesce(x.extracted_at, c.covered_to)) as covered_to,
        c.covered_to >= coalesce(x.extracted_at, timestamp '9999-12-31') as is_open_ended
    from coverage as c
    inner join extract as x on x.extract_id = c.extract_id
    inner join extract_site as p on p.extract_id = c.extract_id
    inner join coverage_need as q on q.table_name = c.table_name and (c.kind is null or c.kind = q.kind)
),

/* What covers all departments covers each one that is named elsewhere, too: its stretches may join. */
placed as (
    select *
    from entry
    union
    select
        e.site,
        e.table_name,
        e.requirement,
        d.department,
        e.covered_from,
        e.covered_to,
        e.is_open_ended
    from entry as e
    inner join (
        select distinct site, table_name, requirement, department
        from entry
    ) as d on d.site = e.site and d.table_name = e.table_name and d.requirement = e.requirement
    where e.department is null and d.department is not null
),

gapped as (
    select
        *,
        max(covered_to) over (
            partition by site, table_name, requirement, department order by covered_from, covered_to rows between unbounded preceding and 1 preceding
        ) as covered_until
    from placed
),

numbered as (
    select
        *,
        sum(case when covered_until is null or covered_from > covered_until then 1 else 0 end) over (
            partition by site, table_name, requirement, department order by covered_from, covered_to rows between unbounded preceding and current row
        ) as stretch_no
    from gapped
)

select
    site,
    table_name,
    requirement,
    department,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to,
    max(is_open_ended) as is_open_ended
from numbered
group by site, table_name, requirement, department, stretch_no
