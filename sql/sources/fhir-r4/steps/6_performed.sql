/* Procedures that were done, with what their category or code means.

One that is not known to be completed, for it goes on, was stopped or has another status, is refused: it may or may not have been done. */
with numbered as (
    select
        *,
        cast(file_id as bigint) * 4294967296 + line as number,
        coalesce(performedperiod."end", performeddatetime) as ended_at,
        coalesce(performedperiod.start, performeddatetime) as began_at
    from fhir_procedure as p
    where
        coalesce(status, '') not in ('entered-in-error', 'not-done', 'preparation')
        and not exists (select 1 from older_version as v where v.file_id = p.file_id and v.line = p.line)
)

select
    n.file_id,
    n.line,
    case when d.line is null then reference_id(n.subject.reference) else d.patient_id end as patient_id,
    n.began_at,
    n.ended_at,
    k.feeds,
    k.kind,
    case
        when d.line is not null then d.refused
        when n.status is distinct from 'completed' then 'status_unknown'
    end as refused
from numbered as n
inner join (
    select distinct
        c.number,
        p.feeds,
        p.kind
    from (select number, unnest(list_concat(coalesce(code.coding, []), coalesce(category.coding, []))) as coding from numbered) as c
    inner join procedure_code as p on p.system = c.coding.system and p.code = c.coding.code
) as k on k.number = n.number
left join doubted as d on d.file_id = n.file_id and d.line = n.line
