/* Times covered by a supplied table, as merged stretches for each requirement (coverage_need) and department (NULL = all departments). */
with entry as (
    select distinct
        q.table_name,
        q.requirement,
        c.department,
        c.covered_from,
        least(c.covered_to, coalesce(x.extracted_at, c.covered_to)) as covered_to,
        c.covered_to >= coalesce(x.extracted_at, timestamp '9999-12-31') as is_open_ended
    from coverage as c
    inner join extract as x on x.extract_id = c.extract_id
    inner join coverage_need as q on q.table_name = c.table_name and (c.kind is null or c.kind = q.kind)
),

gapped as (
    select
        *,
        max(covered_to) over (
            partition by table_name, requirement, department order by covered_from, covered_to rows between unbounded preceding and 1 preceding
        ) as covered_until
    from entry
),

numbered as (
    select
        *,
        sum(case when covered_until is null or covered_from > covered_until then 1 else 0 end) over (
            partition by table_name, requirement, department order by covered_from, covered_to rows between unbounded preceding and current row
        ) as stretch_no
    from gapped
)

select
    table_name,
    requirement,
    department,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to,
    max(is_open_ended) as is_open_ended
from numbered
group by table_name, requirement, department, stretch_no
