/*
When each session that is over the cap of KD-07 had received as much as the cap, in minutes after its start: at the latest, from the doses that are certain at their latest certain
times; exact where nothing of it is uncertain. For print only: the verdict does not rest on it. No row where the protocol reads the total otherwise than per session.
*/
with over as (
    select
        s.session_no,
        s.started_at,
        cast(r.limit_high as double) * cast(s.weight_kg_high as double) * 3600 as cap_x3600,
        s.weight_kg_low = s.weight_kg_high as weight_known
    from answer as a
    inner join session as s on s.session_no = a.session_no
    inner join rule as r on r.rule_id = a.rule_id
    cross join setting as t
    where
        a.rule_id = 'KD-07'
        and t.total_interpretation = 'session'
        and verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) = 'violation'
),

item as (
    select
        o.session_no,
        d.certain_from,
        coalesce(d.ended_at, d.certain_to, d.certain_from) as whole_at,
        d.certain_to,
        cast(d.mg_x3600_low as double) as amount,
        cast(elapsed_s(d.certain_from, d.certain_to) as double) as seconds,
        d.rate_low is not null and d.certain_to > d.certain_from as is_running,
        coalesce(d.mg_x3600_low = d.mg_x3600_high, false)
        and d.certain_from = d.started_at
        and d.component <> 'pump_total'
        and not (d.component = 'pca' and d.ended_at > d.started_at) as is_exact
    from over as o
    inner join counted_dose as d on d.session_no = o.session_no
),

change as (
    select session_no, certain_from as moment, amount / seconds as rate, 0 as pushed
    from item
    where is_running
    union all
    select session_no, certain_to, -amount / seconds, 0
    from item
    where is_running
    union all
    select session_no, whole_at, 0, amount
    from item
    where not is_running
),

instant as (
    select
        session_no,
        moment,
        sum(pushed) as pushed,
        sum(sum(rate)) over (partition by session_no order by moment rows between unbounded preceding and current row) as rate
    from change
    group by session_no, moment
),

flowed as (
    select
        *,
        coalesce(
            lag(rate) over (partition by session_no order by moment)
            * cast(elapsed_s(lag(moment) over (partition by session_no order by moment), moment) as double),
            0
        ) as ran
    from instant
),

given_by as (
    select
        *,
        sum(ran + pushed) over (partition by session_no order by moment rows between unbounded preceding and current row) as amount
    from flowed
),

/* The first instant with the whole cap: while something ran (the rate before it says when), or by a push. */
reached as (
    select
        g.session_no,
        min(
            case
                when g.amount - g.pushed >= o.cap_x3600 * 0.999999999999 and g.ran > 0
                    then minutes(o.started_at, g.moment)
                        - (g.amount - g.pushed - o.cap_x3600) / g.ran * cast(minutes(g.before, g.moment) as double)
                when g.amount >= o.cap_x3600 * 0.999999999999 then minutes(o.started_at, g.moment)
            end
        ) as minutes_to_cap
    from (
        select
            *,
            lag(moment) over (partition by session_no order by moment) as before
        from given_by
    ) as g
    inner join over as o on o.session_no = g.session_no
    group by g.session_no
)

select
    o.session_no,
    r.minutes_to_cap,
    o.weight_known and e.is_exact as is_exact
from over as o
inner join (select session_no, min(is_exact) as is_exact from item group by session_no) as e on e.session_no = o.session_no
left join reached as r on r.session_no = o.session_no
order by o.session_no
