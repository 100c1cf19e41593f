/* Times covered by the supplied observations (and interventions, for actions), as merged stretches for each monitoring requirement and department (NULL = all departments). */
with entry as (
    select distinct
        q.requirement,
        c.department,
        c.covered_from,
        least(c.covered_to, coalesce(x.extracted_at, c.covered_to)) as covered_to,
        c.covered_to >= coalesce(x.extracted_at, timestamp '9999-12-31') as is_open_ended
    from coverage as c
    inner join extract as x on x.extract_id = c.extract_id
    inner join requirement as q on c.kind is null or c.kind = q.kind
    where c.table_name = case when q.domain = 'action' then 'intervention' else 'observation' end
),

gapped as (
    select
        *,
        max(covered_to) over (
            partition by requirement, department order by covered_from, covered_to rows between unbounded preceding and 1 preceding
        ) as covered_until
    from entry
),

numbered as (
    select
        *,
        sum(case when covered_until is null or covered_from > covered_until then 1 else 0 end) over (
            partition by requirement, department order by covered_from, covered_to rows between unbounded preceding and current row
        ) as stretch_no
    from gapped
)

select
    requirement,
    department,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to,
    max(is_open_ended) as is_open_ended
from numbered
group by requirement, department, stretch_no
