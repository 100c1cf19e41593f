/*
Observations of each monitoring domain that were kept out and might belong to a session, by requirement: an assessment, a baseline or a value that calls for action
may be among them. Their kind and date limit that where they can be read.
*/
select distinct
    s.session_no,
    k.domain,
    k.requirement,
    o.ref
from kept_out_observation as o
inner join session as s on s.patient_id = o.patient_id
inner join requirement as k on k.domain <> 'action' and (o.kind is null or k.kind = o.kind)
where o.on_date is null or (o.on_date >= s.local_date - 1 and o.on_date <= cast(coalesce(s.ended_at_high, s.ended_at) as date) + 1)
