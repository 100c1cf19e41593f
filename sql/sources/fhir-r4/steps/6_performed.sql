/* Procedures that were done, with what their category or code means. */
with numbered as (
    select
        *,
        cast(file_id as bigint) * 4294967296 + line as number,
        reference_id(subject.reference) as patient_id,
        coalesce(performedperiod."end", performeddatetime, performedperiod.start) as ended_at,
        coalesce(performedperiod.start, performeddatetime) as began_at
    from fhir_procedure as p
    where
        coalesce(status, '') not in ('entered-in-error', 'not-done', 'preparation')
        and not exists (select 1 from older_version as v where v.file_id = p.file_id and v.line = p.line)
)

select
    n.file_id,
    n.line,
    n.patient_id,
    n.began_at,
    n.ended_at,
    k.feeds,
    k.kind
from numbered as n
inner join (
    select distinct
        c.number,
        p.feeds,
        p.kind
    from (select number, unnest(list_concat(coalesce(code.coding, []), coalesce(category.coding, []))) as coding from numbered) as c
    inner join procedure_code as p on p.system = c.coding.system and p.code = c.coding.code
) as k on k.number = n.number
