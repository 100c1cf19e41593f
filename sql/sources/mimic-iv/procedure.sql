/* MIMIC-IV procedure events of the items that a rule uses. Coded procedures have a date alone, which is no time: notice.sql counts them. */
select
    e.subject_id as patient_id,
    i.kind,
    coalesce(e.endtime, e.starttime) as ended_at,
    e.file_id,
    e.line
from procedure_row as e
inner join procedure_item as i on i.itemid = e.itemid
where coalesce(e.statusdescription, '') <> 'Rewritten'
