/* MIMIC-IV charted events of the items that a rule uses.

The unit is the item's; one that was charted otherwise stays as it was charted. Values are binary floats; what has more
than the nine decimals of the contract is rounded to them. */
with charted as (
    select
        e.*,
        i.kind,
        coalesce(nullif(trim(e.valuenum), ''), nullif(trim(e.value), '')) as reading,
        case
            when coalesce(nullif(lower(trim(e.valueuom)), ''), 'unk') in ('unk', lower(i.charted_unit)) then i.unit
            else e.valueuom
        end as read_unit
    from chart_row as e
    inner join chart_item as i on i.itemid = e.itemid
)

select
    subject_id as patient_id,
    hadm_id as encounter_id,
    kind,
    case
        when regexp_matches(reading, '\.[0-9]{10}|[eE]-') then coalesce(cast(try_cast(reading as decimal(18, 9)) as varchar), reading)
        else reading
    end as value,
    read_unit as unit,
    charttime as effective_at,
    storetime as recorded_at,
    file_id,
    line
from charted
where reading is not null
