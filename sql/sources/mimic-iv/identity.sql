/* What MIMIC-IV calls a record, for the tables whose rows have no identity of their own: an order, a place in a list, or one in the chart.

The patient is a part of it, so that another patient's record is never taken for a correction. A rewritten row is withdrawn;
what replaced it is a record of its own. */
select
    'observation' as table_name,
    e.file_id,
    e.line,
    concat_ws('/', 'chartevents', e.subject_id, e.itemid, e.charttime) as identity,
    false as withdrawn
from chart_row as e
inner join chart_item as i on i.itemid = e.itemid
where e.subject_id is not null and e.charttime is not null
union all
select
    'condition',
    file_id,
    line,
    concat_ws('/', 'diagnoses_icd', subject_id, hadm_id, seq_num),
    false
from diagnosis_row
where subject_id is not null and hadm_id is not null and seq_num is not null
union all
select
    'procedure',
    e.file_id,
    e.line,
    concat_ws('/', 'procedureevents', e.subject_id, e.itemid, coalesce(e.orderid, e.starttime)),
    coalesce(e.statusdescription, '') = 'Rewritten'
from procedure_row as e
inner join procedure_item as i on i.itemid = e.itemid
where e.subject_id is not null and coalesce(e.orderid, e.starttime) is not null
