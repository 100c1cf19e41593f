/* The reference weight of each session in kg, as bounds. The first weight in order of precedence decides; an unusable one is unknown, never replaced. weight.basis = "ideal" takes the
   ideal weight and no other. */
with chosen as (
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
    from weight_candidate as r
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
    from weight_candidate as r
    inner join weight_candidate as c on c.session_no = r.session_no and c.precedence = 1
    inner join chosen as h on h.session_no = r.session_no
    cross join setting as p
    where
        h.usable
        and r.kg_low >= p.min_kg
        and r.kg_high <= p.max_kg
        and greatest(r.kg_high, c.kg_high) >= least(r.kg_low, c.kg_low) * 2.138462
        and greatest(r.kg_high, c.kg_high) <= least(r.kg_low, c.kg_low) * 2.270738
    group by r.session_no
),

apart as (
    select distinct r.session_no
    from weight_candidate as r
    inner join weight_candidate as c on c.session_no = r.session_no and c.precedence = 1
    where
        r.precedence > 1
        and greatest(r.kg_high, c.kg_high) * cast(10 as decimal(2, 0)) > least(r.kg_low, c.kg_low) * cast(11 as decimal(2, 0))
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
            case when a.session_no is not null then 'weight_differs' end,
            case when c.session_no is null then 'weight_missing' end,
            case when not c.usable then 'weight_unusable' end,
            case when i.session_no is not null and c.usable then 'weight_ideal' end,
            case when c.usable and (c.kg_low < 30 or c.kg_high > 200) then 'weight_unusual' end
        ],
        lambda flag: flag is not null
    ) as flags
from session_span as s
left join chosen as c on c.session_no = s.session_no
left join rival as v on v.session_no = s.session_no
left join apart as a on a.session_no = s.session_no
left join ideal_weight as i on i.session_no = s.session_no
