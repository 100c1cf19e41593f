/* Times covered by the supplied pain scores and medications, as merged stretches for each feed and department (NULL = all departments). */
with entry as (
    select distinct
        case c.table_name when 'observation' then 'pain_nrs' else c.table_name end as feed,
        c.department,
        c.covered_from,
        least(c.covered_to, coalesce(x.extracted_at, c.covered_to)) as covered_to
    from coverage as c
    inner join extract as x on x.extract_id = c.extract_id
    where (c.table_name = 'observation' and coalesce(c.kind, 'pain_nrs') = 'pain_nrs') or c.table_name = 'medication'
),

gapped as (
    select
        *,
        max(covered_to) over (
            partition by feed, department order by covered_from, covered_to rows between unbounded preceding and 1 preceding
        ) as covered_until
    from entry
),

numbered as (
    select
        *,
        sum(case when covered_until is null or covered_from > covered_until then 1 else 0 end) over (
            partition by feed, department order by covered_from, covered_to rows between unbounded preceding and current row
        ) as stretch_no
    from gapped
)

select
    feed,
    department,
    min(covered_from) as covered_from,
    max(covered_to) as covered_to
from numbered
group by feed, department, stretch_no
