/* The source rows that each answer rests on, one row each. Never capped. */
select
    verdict_no,
    unnest(list_distinct(evidence)) as ref
from ordered_answer
where len(evidence) > 0
