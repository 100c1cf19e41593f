/* Where the review of every finding of the run stands, and when it is due: counted from the first report, or from the day it was opened again. */
with first_report as (
    select
        finding_key,
        min(run_id) as run_id
    from finding_run
    group by finding_key
),

placed as (
    select
        f.finding_key,
        f.rule_id,
        f.session_id,
        coalesce(s.status, 'open') as status,
        cast(try_strptime(substr(f.run_id, 1, 8), '%Y%m%d') as date) as reported_on,
        coalesce(s.reopened_on, cast(try_strptime(substr(r.run_id, 1, 8), '%Y%m%d') as date)) as counted_from,
        cast(case f.severity
            when 'critical' then n.review_critical_d
            when 'major' then n.review_major_d
            when 'minor' then n.review_minor_d
            else n.review_info_d
        end as integer) as days
    from finding_run as f
    inner join first_report as r on r.finding_key = f.finding_key
    inner join this_run as u on u.run_id = f.run_id
    cross join setting as n
    left join review_state as s on s.finding_key = f.finding_key
)

select
    p.finding_key,
    p.rule_id,
    p.session_id,
    p.status,
    s.cause,
    s.counts_as,
    s.disposition,
    s.review_reason,
    s.was,
    s.reviewers,
    s.first_reviewer,
    s.first_disposition,
    s.first_reviewed_at,
    s.second_reviewer,
    s.second_disposition,
    s.second_reviewed_at,
    s.action,
    s.owner,
    s.action_due,
    s.action_date,
    s.waived_until,
    case when p.status <> 'reviewed' then p.counted_from + p.days end as due,
    p.status <> 'reviewed' and coalesce(p.counted_from + p.days < d.today, false) as overdue,
    s.action is not null and coalesce(s.action_date > d.today, true) and coalesce(s.action_due < d.today, false) as action_overdue,
    case when s.waived_until is null then null when s.waived_until < d.today then 'expired' else 'in_force' end as waiver
from placed as p
cross join review_day as d
left join review_state as s on s.finding_key = p.finding_key
