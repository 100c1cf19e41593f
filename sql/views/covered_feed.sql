/* Times covered by the feeds that selection, series and reconciliation read, as merged stretches for each department (NULL = all departments). */
with entry as (
    select distinct
        c.table_name as feed,
        c.department,
        c.covered_from,
        least(c.covered_to, coalesce(x.extracted_at, c.covered_to)) as covered_to
    from coverage as c
    inner join extract as x on x.extract_id = c.extract_id
    where
        c.table_name in ('administration', 'medication', 'stock')
        or (c.table_name = 'intervention' and coalesce(c.kind, 'response_review') = 'response_review')
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
