/*
Observations of each monitoring domain that were kept out and might belong to a session, by requirement: an assessment, a baseline or a value that calls for action
may be among them. Their kind and date limit that where they can be read; a kind that nothing uses is no loss.
*/
select distinct
    s.session_no,
    k.domain,
    k.requirement,
    cast(q.file_id as bigint) * 4294967296 + q.line as ref
from quarantine as q
inner join session as s on s.patient_id = q.patient_id
inner join requirement as k on k.domain <> 'action' and (q.event is null or k.kind = q.event)
where
    q.table_name = 'observation'
    and q.scope = 'row'
    and (q.on_date is null or (q.on_date >= s.local_date - 1 and q.on_date <= cast(coalesce(s.ended_at_high, s.ended_at) as date) + 1))
    and not exists (
        select 1
        from quarantine as other
        where
            other.table_name = q.table_name
            and other.file_id = q.file_id
            and other.line = q.line
            and other.reason = 'kind_not_used'
    )
