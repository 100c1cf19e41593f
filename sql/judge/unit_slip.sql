/*
Slips that would explain a bolus, rate or demand outside its limits: the value divided (charted too high) or multiplied (too low) by a factor that people confuse lies inside the protocol's
window. The window is that of both limits; where the protocol has only one, it reaches from a quarter of it, or to four times it. Suspected, never corrected. Products decide, not quotients.
*/
with side as (
    select col0 as rule_id, col1 as opposite_id, col2 as elsewhere_low_id, col3 as elsewhere_high_id
    from (
        values
        ('KD-01', null, null, null),
        ('KD-02', 'KD-03', 'KD-05', 'KD-04'),
        ('KD-03', 'KD-02', 'KD-05', 'KD-04'),
        ('KD-04', 'KD-05', 'KD-03', 'KD-02'),
        ('KD-05', 'KD-04', 'KD-03', 'KD-02'),
        ('KD-06', null, null, null)
    )
),

allowed_window as (
    select
        r.rule_id,
        cast(coalesce(r.limit_low, p.limit_low, coalesce(r.limit_high, p.limit_high) / 4) as decimal(38, 9)) as low,
        cast(coalesce(r.limit_high, p.limit_high, coalesce(r.limit_low, p.limit_low) * 4) as decimal(38, 9)) as high,
        coalesce(r.comparator = 'lt' or p.comparator = 'lt', false) as is_strict,
        el.limit_low as elsewhere_low,
        eh.limit_high as elsewhere_high,
        d.opposite_id is not null as is_rate
    from rule as r
    inner join side as d on d.rule_id = r.rule_id
    left join rule as p on p.rule_id = d.opposite_id
    left join rule as el on el.rule_id = d.elsewhere_low_id
    left join rule as eh on eh.rule_id = d.elsewhere_high_id
),

outside as (
    select
        v.session_id,
        v.rule_id,
        w.low,
        w.high,
        w.is_strict,
        w.elsewhere_low,
        w.elsewhere_high,
        w.is_rate,
        coalesce(v.observed, v.observed_low) > coalesce(v.limit_high, v.limit_low) as is_high,
        cast(least(coalesce(v.observed, case when v.limit_high is null then v.observed_high else v.observed_low end), 100000000) as decimal(38, 9)) as seen,
        case when s.weight_kg_low = s.weight_kg_high and r.unit <> 'mg' then cast(s.weight_kg_low as decimal(18, 6)) end as kg,
        cast(c.mg_per_ml as decimal(18, 6)) as mg_per_ml,
        c.in_ml
    from verdict as v
    inner join session as s on s.session_id = v.session_id
    inner join rule as r on r.rule_id = v.rule_id
    inner join allowed_window as w on w.rule_id = v.rule_id
    left join kd_charted_volume as c on c.session_no = s.session_no and c.rule_id = v.rule_id
    where v.verdict = 'violation'
),

factor as (
    select col0 as slip, cast(col1 as decimal(18, 6)) as times, cast(col2 as decimal(18, 6)) as parts
    from (values ('by_10', 10, 1), ('by_60', 60, 1), ('by_1000', 1000, 1), ('by_1000_60', 1000, 60))
),

tried as (
    select o.session_id, o.rule_id, o.low, o.high, o.is_strict, o.seen, f.slip, f.times, f.parts, o.is_high as is_divided
    from outside as o
    cross join factor as f
    where f.slip <> 'by_1000_60' or o.is_rate
    union all
    select session_id, rule_id, low, high, is_strict, seen, 'by_weight', kg, 1, is_high
    from outside
    where kg is not null
    union all
    select session_id, rule_id, low, high, is_strict, seen, 'by_concentration', mg_per_ml, 1, in_ml
    from outside
    where mg_per_ml <> 1
),

compared as (
    select
        session_id,
        rule_id,
        case when is_divided then 'divided_' else 'multiplied_' end || slip as suspicion,
        is_strict,
        seen * case when is_divided then parts else times end as seen,
        low * case when is_divided then times else parts end as low,
        high * case when is_divided then times else parts end as high
    from tried
)

select session_id, rule_id, suspicion
from compared
where seen >= low and (seen < high or (seen = high and not is_strict))
union all
select session_id, rule_id, 'other_context'
from outside
where seen >= elsewhere_low and seen <= elsewhere_high
