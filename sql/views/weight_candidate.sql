/* Every weight that could be a session's reference weight, in the order of precedence (1 decides); several at the same distance share a place. */
with session_start as (
    select
        i.session_no,
        s.patient_id,
        s.started_at,
        min(i.encounter_id) filter (where i.started_at = s.started_at) as encounter_id
    from session_item as i
    inner join session_span as s on s.session_no = i.session_no
    group by i.session_no, s.patient_id, s.started_at
),

candidate as (
    select
        o.session_no,
        1 as tier,
        'dosing' as weight_source,
        m.ref,
        cast(0 as bigint) as distance_us,
        m.weight_kg_low as kg_low,
        m.weight_kg_high as kg_high,
        false as method_unknown
    from session_order as o
    inner join ordered as m on m.order_id = o.order_id and m.patient_id = o.patient_id
    cross join setting as p
    where m.weight_charted and p.weight_basis = 'dosing'
    union all
    select
        session_no,
        1,
        'ideal',
        unnest(refs),
        0,
        kg_low,
        kg_high,
        false
    from ideal_weight
    union all
    select
        s.session_no,
        case
            when w.effective_at > s.started_at then 5
            when w.method = 'stated' then 4
            when w.encounter_id = s.encounter_id then 2
            else 3
        end as tier,
        case when w.method = 'stated' then 'stated' else 'measured' end as weight_source,
        cast(w.file_id as bigint) * 4294967296 + w.line as ref,
        abs(epoch_us(w.effective_at) - epoch_us(s.started_at)) as distance_us,
        down12(w.value_number * u.factor) as kg_low,
        up12(w.value_number * u.factor) as kg_high,
        w.method is null as method_unknown
    from session_start as s
    inner join observation as w on w.patient_id = s.patient_id and w.kind = 'weight'
    cross join setting as p
    left join unit as u on u.unit = normal_unit(w.unit) and u.dimension = 'weight'
    where
        p.weight_basis <> 'ideal'
        and epoch_us(w.effective_at) >= epoch_us(s.started_at) - p.lookback_d * 86400000000
        and (
            w.effective_at <= s.started_at
            or (epoch_us(w.effective_at) <= epoch_us(s.started_at) + 86400000000 and coalesce(w.method, 'measured') <> 'stated')
        )
),

/* Where other weights say how they were got, one that does not may have been stated: it takes both places. */
placed as (
    select
        *,
        case
            when method_unknown and max(tier > 1 and not method_unknown) over (partition by session_no) then case when tier = 5 then 6 else 4 end
            else tier
        end as tier_if_stated
    from candidate
)

select
    * exclude (tier_if_stated),
    least(
        rank() over (partition by session_no order by tier, distance_us),
        rank() over (partition by session_no order by tier_if_stated, distance_us)
    ) as precedence
from placed
