-- The decided doses of every session in steps of a tenth of the component's upper limit (of twice the lower one where there is no upper), and their quantiles by nearest rank.
-- A dose at the limit stands on the side of the line where the protocol puts it. Where a dose has bounds, the one nearest the limit counts.
with partner as (
    select col0 as rule_id, col1 as upper_id
    from (values ('KD-03', 'KD-02'), ('KD-05', 'KD-04'))
),

scale as (
    select
        r.rule_id,
        r.limit_low,
        r.limit_high,
        r.comparator,
        cast(coalesce(p.limit_high, r.limit_high, r.limit_low * 2) as decimal(18, 6)) as ten_steps
    from rule as r
    left join partner as q on q.rule_id = r.rule_id
    left join rule as p on p.rule_id = q.upper_id
    where r.rule_id in ('KD-01', 'KD-02', 'KD-03', 'KD-04', 'KD-05', 'KD-06', 'KD-07')
),

dose as (
    select
        v.rule_id,
        v.context,
        v.verdict,
        v.grade,
        c.ten_steps,
        c.comparator in ('lt', 'between') or c.limit_high is null as opens_left,
        c.comparator = 'between' and v.observed = c.limit_high as at_upper,
        cast(c.ten_steps * 100000000 as bigint) as step_n,
        cast(least(
            coalesce(
                v.observed,
                case
                    when (v.verdict = 'violation') = (coalesce(v.grade, '') <> 'below_range' and c.limit_high is not null) then v.observed_low
                    else v.observed_high
                end
            ),
            1000000
        ) * cast(1000000000 as double) as bigint) as value_n
    from report_dose as v
    inner join scale as c on c.rule_id = v.rule_id
    where v.verdict in ('compliant', 'violation') and c.ten_steps > 0
)

select
    rule_id,
    context,
    cast(ten_steps as double) / 10 as step,
    least(
        case
            when opens_left and not at_upper then value_n // step_n + 1
            else greatest((value_n + step_n - 1) // step_n, 1)
        end,
        21
    ) as place,
    case when verdict = 'compliant' then 'inside' when grade in ('marginal', 'below_range') then grade else 'outside' end as class,
    count(*) as sessions
from dose
where value_n is not null
group by rule_id, context, ten_steps, place, class
order by rule_id, context, place, class
