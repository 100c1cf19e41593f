/* What MIMIC-IV calls a record, for the tables whose rows have no identity of their own: an order, a place in a list, or one in the chart.
An order's input events of one item are one record too, and one that now gives no total takes an earlier total back.

The patient is a part of it, so that another patient's record is never taken for a correction. A rewritten row is withdrawn;
what replaced it is a record of its own. */
select
    'observation' as table_name,
    e.file_id,
    e.line,
    concat_ws('/', 'chartevents', e.subject_id, e.itemid, coalesce(cast(try_cast(e.charttime as timestamp) as varchar), e.charttime)) as identity,
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
    concat_ws(
        '/', 'procedureevents', e.subject_id, e.itemid, coalesce(e.orderid, cast(try_cast(e.starttime as timestamp) as varchar), e.starttime)
    ),
    coalesce(e.statusdescription, '') = 'Rewritten'
from procedure_row as e
inner join procedure_item as i on i.itemid = e.itemid
where e.subject_id is not null and coalesce(e.orderid, e.starttime) is not null
union all
select
    'administration',
    file_id,
    line,
    record,
    false
from input_given
where coalesce(orderid, fhir_id, starttime) is not null
union all
select
    'administration',
    file_id,
    line,
    id || ' total',
    true
from input_given
where contradiction is not null or rate is not null or amount is null or endtime is null or event is distinct from 'infusion'
