/* Every weight that might have been the reference weight: what was charted, what it is in kg, and which one was used. */
with rival as (
    select
        o.session_no,
        'dosing weight of the order' as source,
        m.dosing_weight as value_number,
        m.dosing_weight_unit as unit,
        cast(null as timestamp) as effective_at,
        cast(m.file_id as bigint) * 4294967296 + m.line as ref
    from session_order as o
    inner join session as s on s.session_no = o.session_no
    inner join medication_order as m on m.order_id = o.order_id and m.patient_id = o.patient_id
    where m.dosing_weight is not null or list_contains(m.invalid, 'dosing_weight')
    union all
    select
        s.session_no,
        case o.method when 'stated' then 'stated' when 'measured' then 'measured' else 'measured or stated: not known' end
        || case when o.encounter_id = s.encounter_id then ', this encounter' else '' end,
        o.value_number,
        o.unit,
        o.effective_at,
        cast(o.file_id as bigint) * 4294967296 + o.line
    from session as s
    cross join setting as t
    inner join observation as o on o.patient_id = s.patient_id and o.kind = 'weight'
    where
        epoch_us(o.effective_at) >= epoch_us(s.started_at) - t.lookback_d * 86400000000
        and epoch_us(o.effective_at) <= epoch_us(s.started_at) + 86400000000
    union all
    select session_no, 'ideal weight, from sex and height', weight_kg_low, 'kg', cast(null as timestamp), weight_refs[1]
    from session
    where weight_source = 'ideal' and weight_kg_low is not null
)

select
    s.session_id,
    s.weight_kg_low is not null and list_contains(s.weight_refs, r.ref) as used,
    r.source,
    conversion_of(r.value_number, r.unit, u.dimension, u.factor, null, null, null, null) as charted,
    exact(cast(r.value_number * u.factor as decimal(38, 12))) as kg,
    before_or_after(r.effective_at, s.started_at) as charted_when,
    pointed_at(r.ref) as "row"
from rival as r
inner join session as s on s.session_no = r.session_no
left join unit as u on u.unit = normal_unit(r.unit) and u.dimension = 'weight'
order by s.session_no, used desc, r.effective_at nulls first, r.ref
