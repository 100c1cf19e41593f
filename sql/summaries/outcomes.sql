-- The state of the measurement and the outcome in each window: over all sessions, and over one session a patient (the first in the period).
with unit as (
    select
        'session' as unit,
        o.*
    from report_outcome as o
    union all
    select
        'patient' as unit,
        o.*
    from report_outcome as o
    where o.is_first
)

select
    u.unit,
    u.window_code,
    count(*) as sessions,
    sum(case when u.status = 'out_of_scope' then 1 else 0 end) as out_of_scope,
    sum(case when u.status = 'postsurgical' then 1 else 0 end) as postsurgical,
    sum(case when u.status = 'context_unknown' then 1 else 0 end) as context_unknown,
    sum(case when u.is_counted then 1 else 0 end) as counted,
    sum(case when u.status = 'closed' then 1 else 0 end) as closed,
    sum(case when u.status = 'not_covered' then 1 else 0 end) as not_covered,
    sum(case when u.is_due then 1 else 0 end) as due,
    sum(case when u.status = 'time_unknown' then 1 else 0 end) as time_unknown,
    sum(case when u.status = 'no_baseline' then 1 else 0 end) as no_baseline,
    sum(case when u.status = 'no_score' then 1 else 0 end) as no_score,
    sum(case when u.status = 'score_kept_out' then 1 else 0 end) as score_kept_out,
    sum(case when u.status = 'measured' then 1 else 0 end) as measured,
    sum(case when u.is_due and u.baseline = 0 then 1 else 0 end) as baseline_zero,
    sum(case when u.status = 'measured' and u.baseline > 0 then 1 else 0 end) as followed,
    sum(case when u.responder_30 then 1 else 0 end) as responders_30,
    sum(case when u.responder_50 then 1 else 0 end) as responders_50,
    cast(sum(u.change_lowest) as double) / nullif(count(u.change_lowest), 0) as change_lowest,
    cast(sum(u.change_last) as double) / nullif(count(u.change_last), 0) as change_last,
    cast(sum(u.change_mean) as double) / nullif(count(u.change_mean), 0) as change_mean
from unit as u
group by u.unit, u.window_code
order by u.unit, u.window_code
