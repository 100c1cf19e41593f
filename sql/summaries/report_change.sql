-- The view that the comparison of runs shares: every finding of this run or of an earlier one, by its stable key: new, still there, or gone, and why.
with found as (
    select
        md5(concat(f.rule_id, chr(31), f.session_id)) as finding_key,
        f.session_id,
        f.rule_id,
        f.patient_id,
        f.severity,
        f.observed,
        strftime(f.started_local, '%Y-%m-%d %H:%M') as started
    from report_finding as f
),

which as (
    select distinct s.which
    from session_before as s
),

recurrent as (
    select distinct
        b.which,
        b.rule_id,
        s.patient_id
    from finding_before as b
    inner join session_before as s on b.which = s.which and b.session_id = s.session_id
),

now_side as (
    select
        w.which,
        f.*,
        b.observed as observed_before,
        b.finding_key is not null as is_old,
        s.session_id is not null as was_judged,
        r.patient_id is not null as is_recurrent
    from found as f
    cross join which as w
    left join finding_before as b on w.which = b.which and f.finding_key = b.finding_key
    left join session_before as s on w.which = s.which and f.session_id = s.session_id
    left join recurrent as r on w.which = r.which and f.rule_id = r.rule_id and f.patient_id = r.patient_id
),

gone as (
    select
        b.*,
        s.local_date,
        n.session_id is not null as is_here,
        u.rule_id is not null as is_judged
    from finding_before as b
    left join found as f on b.finding_key = f.finding_key
    left join session_before as s on b.which = s.which and b.session_id = s.session_id
    left join session as n on b.session_id = n.session_id
    left join rule as u on b.rule_id = u.rule_id
    where f.finding_key is null
),

then_side as (
    select
        g.*,
        v.verdict
    from gone as g
    left join verdict as v on g.session_id = v.session_id and g.rule_id = v.rule_id
),

stated as (
    select
        n.which,
        case when n.is_old then 'persisting' when n.was_judged then 'new' else 'new_session' end as state,
        n.rule_id,
        n.severity,
        n.session_id,
        n.started,
        n.observed,
        n.observed_before,
        case when not n.is_old and not n.was_judged then n.is_recurrent else false end as is_recurrent,
        cast(null as varchar) as verdict
    from now_side as n
    union all
    select
        t.which,
        case
            when t.is_here and not t.is_judged then 'not_judged'
            when t.is_here and t.verdict = 'not_evaluable' then 'undecided'
            when t.is_here then 'resolved'
            when t.local_date >= coalesce(p.first_day, t.local_date) and t.local_date <= coalesce(p.last_day, t.local_date) then 'vanished'
            else 'elsewhere'
        end as state,
        t.rule_id,
        t.severity,
        t.session_id,
        replace(substring(t.session_started_at, 1, 16), 'T', ' ') as started,
        cast(null as double) as observed,
        t.observed as observed_before,
        false as is_recurrent,
        t.verdict
    from then_side as t
    cross join this_period as p
)

select s.*
from stated as s
