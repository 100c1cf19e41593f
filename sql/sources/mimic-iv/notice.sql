/* What the extract holds and these selects do not use: items in no map, references to nothing, rows that nothing can be made of. */
select
    'drug in no map' as topic,
    d.drug_name as value,
    count(*) as occurrences
from drug as d
inner join (
    select
        'inputevents' as source,
        itemid as code
    from input_row
    union all
    select
        'emar',
        coalesce(lower(trim(medication)), '')
    from emar
) as r on r.source = d.source and r.code = d.code
where d.product is null
group by d.drug_name
union all
select
    'route in no map',
    route,
    count(*)
from (
    select route from input_given
    union all
    select route from emar_given
) as r
where route not in ('iv', 'im', 'po', 'sc', 'in', 'epidural')
group by route
union all
select
    'unit that no rule reads',
    g.unit,
    count(*)
from (
    select unnest([dose_unit, rate_unit]) as unit from input_given where is_known
    union all
    select unnest([dose_unit, rate_unit]) from emar_given
) as g
where g.unit is not null and g.unit not in (select meaning from unit_code)
group by g.unit
union all
select
    'eMAR event in no map',
    coalesce(event_txt, 'none'),
    count(*)
from emar_given
where event_txt is null or event_txt not in (select event_txt from emar_event)
group by event_txt
union all
select
    'eMAR event that gives nothing',
    e.event_txt,
    count(*)
from emar as e
inner join drug as d on d.source = 'emar' and d.code = coalesce(lower(trim(e.medication)), '') and coalesce(d.product, d.resembles) is not null
inner join emar_event as v on v.event_txt = e.event_txt and v.event = 'none'
group by e.event_txt
union all
select
    'eMAR row of an ICU stay, told by the ICU''s own chart',
    product,
    count(*)
from emar_given
where in_icu_chart
group by product
union all
select
    'rewritten input event, not given',
    product,
    count(*)
from input_given
where status = 'entered_in_error'
group by product
union all
select
    'status of an input event in no map',
    case when status = 'cancelled' then status else statusdescription end,
    count(*)
from input_given
where status not in ('completed', 'stopped', 'entered_in_error')
group by case when status = 'cancelled' then status else statusdescription end
union all
select
    'further rows of an order and item, which a later extract replaces together',
    product,
    count(*)
from input_given
where nth > 1 and coalesce(orderid, fhir_id) is not null
group by product
union all
select
    'inputevents has no statusdescription: rewritten rows cannot be told from others',
    'every row',
    count(*)
from input_row
having count(statusdescription) = 0
union all
select
    'charted item in no map',
    coalesce(max(i.label), max(e.label), 'item ' || e.itemid),
    count(*)
from chart_row as e
left join (
    select
        itemid,
        min(label) as label
    from d_items
    group by itemid
) as i on i.itemid = e.itemid
where e.itemid not in (select itemid from chart_item)
group by e.itemid
union all
select
    'charted item without a value',
    i.kind,
    count(*)
from chart_row as e
inner join chart_item as i on i.itemid = e.itemid
where coalesce(nullif(trim(e.valuenum), ''), nullif(trim(e.value), '')) is null
group by i.kind
union all
select
    'procedure in no map',
    coalesce(max(i.label), 'item ' || e.itemid),
    count(*)
from procedure_row as e
left join (
    select
        itemid,
        min(label) as label
    from d_items
    group by itemid
) as i on i.itemid = e.itemid
where e.itemid not in (select itemid from procedure_item)
group by e.itemid
union all
select
    'coded procedure: a date without a time',
    'ICD-' || icd_version,
    count(*)
from procedures_icd
group by icd_version
union all
select
    'reference to nothing',
    value,
    count(*)
from (
    select 'inputevents to patients' as value from input_row where subject_id not in (select subject_id from patients)
    union all
    select 'inputevents to admissions' from input_row where hadm_id not in (select hadm_id from admissions)
    union all
    select 'emar to patients' from emar where subject_id not in (select subject_id from patients)
    union all
    select 'emar to admissions' from emar where hadm_id not in (select hadm_id from admissions)
    union all
    select 'chartevents to patients' from chart_row where subject_id not in (select subject_id from patients)
    union all
    select 'diagnoses_icd to admissions' from diagnoses_icd where hadm_id not in (select hadm_id from admissions)
) as t
group by value
