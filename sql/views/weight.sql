/* The reference weight of each session in kg, as bounds. The first weight in order of precedence decides; an unusable one is unknown, never replaced. weight.basis = "ideal" takes the
   ideal weight and no other. */
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
    inner join ordered as m on m.order_id = o.order_id
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

ranked as (
    select
        *,
        rank() over (partition by session_no order by tier, distance_us) as precedence
    from candidate
),

chosen as (
    select
        r.session_no,
        min(r.tier) as tier,
        min(r.weight_source) as weight_source,
        list(r.ref order by r.ref) as refs,
        min(r.kg_low) as kg_low,
        max(r.kg_high) as kg_high,
        count(*) = count(case when r.kg_low >= p.min_kg and r.kg_high <= p.max_kg then 1 end) as usable,
        max(r.method_unknown) as method_unknown,
        count(distinct r.kg_low) > 1 as conflicting
    from ranked as r
    cross join setting as p
    where r.precedence = 1
    group by r.session_no
),

rival as (
    select
        r.session_no,
        min(least(r.kg_low, c.kg_low)) as kg_low,
        max(greatest(r.kg_high, c.kg_high)) as kg_high,
        list(r.ref order by r.ref) as refs
    from ranked as r
    inner join ranked as c on c.session_no = r.session_no and c.precedence = 1
    inner join chosen as h on h.session_no = r.session_no
    cross join setting as p
    where
        h.usable
        and r.kg_low >= p.min_kg
        and r.kg_high <= p.max_kg
        and greatest(r.kg_high, c.kg_high) >= least(r.kg_low, c.kg_low) * 2.138462
        and greatest(r.kg_high, c.kg_high) <= least(r.kg_low, c.kg_low) * 2.270738
    group by r.session_no
)

select
    s.session_no,
    c.weight_source,
    case when c.usable then least(c.kg_low, coalesce(v.kg_low, c.kg_low)) end as kg_low,
    case when c.usable then greatest(c.kg_high, coalesce(v.kg_high, c.kg_high)) end as kg_high,
    list_concat(coalesce(c.refs, cast([] as bigint [])), coalesce(v.refs, cast([] as bigint []))) as refs,
    case
        when i.reason is not null then i.reason
        when c.session_no is null then 'weight_missing'
        when not c.usable then 'weight_unusable'
    end as reason,
    list_filter(
        [
            case when c.tier = 1 and c.conflicting and i.session_no is null then 'dosing_weight_conflict' end,
            case when c.tier > 1 and c.conflicting then 'weight_conflict' end,
            case when c.tier > 1 and c.method_unknown then 'weight_method_unknown' end,
            case when c.tier = 4 then 'weight_stated' end,
            case when c.tier = 5 then 'weight_after_start' end,
            case when v.session_no is not null then 'weight_lb_kg_suspected' end,
            case when c.session_no is null then 'weight_missing' end,
            case when not c.usable then 'weight_unusable' end,
            case when i.session_no is not null and c.usable then 'weight_ideal' end,
            case when c.usable and (c.kg_low < 30 or c.kg_high > 200) then 'weight_unusual' end
        ],
        lambda flag: flag is not null
    ) as flags
from session_start as s
left join chosen as c on c.session_no = s.session_no
left join rival as v on v.session_no = s.session_no
left join ideal_weight as i on i.session_no = s.session_no
