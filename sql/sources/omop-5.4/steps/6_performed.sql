/* Procedures with what their concept or source value means. A date alone is no time: such a row is kept out, for midnight would be a guess. */
select distinct
    p.file_id,
    p.line,
    p.person_id,
    coalesce(p.procedure_datetime, p.procedure_date) as began_at,
    coalesce(p.procedure_end_datetime, p.procedure_end_date, p.procedure_datetime, p.procedure_date) as ended_at,
    c.feeds,
    c.kind
from omop_procedure as p
left join known_code as k on k.concept_id in (p.procedure_concept_id, p.procedure_source_concept_id)
inner join procedure_code as c
    on (lower(c.vocabulary) = k.vocabulary and lower(c.code) = k.code)
    or (c.vocabulary = 'source' and lower(c.code) = lower(trim(p.procedure_source_value)))
