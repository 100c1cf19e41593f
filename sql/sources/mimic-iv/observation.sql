/* MIMIC-IV charted events of the items that a rule uses.

The unit is the item's; one that was charted otherwise stays as it was charted. Values are binary floats; what has more
than the nine decimals of the contract is rounded to them. One of an admission of another patient is refused for both. */
with charted as (
    select
        e.*,
        i.kind,
        coalesce(nullif(trim(e.valuenum), ''), nullif(trim(e.value), '')) as reading,
        case
            when coalesce(nullif(lower(trim(e.valueuom)), ''), 'unk') in ('unk', lower(i.charted_unit)) then i.unit
            else e.valueuom
        end as read_unit,
        case when own.subject_id is null and known.hadm_id is not null then 'encounter_of_another_patient' end as refused
    from chart_row as e
    inner join chart_item as i on i.itemid = e.itemid
    left join admitted as own on own.hadm_id = e.hadm_id and own.subject_id = e.subject_id
    left join (select distinct hadm_id from admitted) as known on known.hadm_id = e.hadm_id
),

row_of as (
    select
        subject_id as patient_id,
        *
    from charted
    where reading is not null
    union all by name
    select
        a.subject_id as patient_id,
        c.*
    from charted as c
    inner join admitted as a on a.hadm_id = c.hadm_id
    where c.reading is not null and c.refused is not null
)

select
    patient_id,
    hadm_id as encounter_id,
    kind,
    case
        when regexp_matches(reading, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(reading as decimal(18, 9)) as varchar), reading)
        else reading
    end as value,
    read_unit as unit,
    charttime as effective_at,
    storetime as recorded_at,
    refused,
    file_id,
    line
from row_of
