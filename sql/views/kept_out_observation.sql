/* Observations that were kept out, with their kind and date where they can be read. A kind that nothing uses is no loss. */
select distinct
    q.patient_id,
    q.event as kind,
    q.on_date,
    cast(q.file_id as bigint) * 4294967296 + q.line as ref
from quarantine as q
where
    q.table_name = 'observation'
    and q.scope = 'row'
    and not exists (
        select 1
        from quarantine as other
        where
            other.table_name = q.table_name
            and other.file_id = q.file_id
            and other.line = q.line
            and other.reason = 'kind_not_used'
    )
