/* MIMIC-IV procedure events of the items that a rule uses. Coded procedures have a date alone, which is no time: notice.sql counts them.

One of an admission of another patient is refused for both. */
with charted as (
    select
        e.subject_id,
        e.hadm_id,
        i.kind,
        coalesce(e.endtime, e.starttime) as ended_at,
        case when own.subject_id is null and known.hadm_id is not null then 'encounter_of_another_patient' end as refused,
        e.file_id,
        e.line
    from procedure_row as e
    inner join procedure_item as i on i.itemid = e.itemid
    left join admitted as own on own.hadm_id = e.hadm_id and own.subject_id = e.subject_id
    left join (select distinct hadm_id from admitted) as known on known.hadm_id = e.hadm_id
    where coalesce(e.statusdescription, '') <> 'Rewritten'
),

row_of as (
    select
        subject_id as patient_id,
        *
    from charted
    union all by name
    select
        a.subject_id as patient_id,
        c.*
    from charted as c
    inner join admitted as a on a.hadm_id = c.hadm_id
    where c.refused is not null
)

select
    patient_id,
    kind,
    ended_at,
    refused,
    file_id,
    line
from row_of
