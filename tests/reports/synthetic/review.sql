-- One finding in five is reviewed, in every way that a review can stand; reviewers write hostile text.
create temp table review as
with found as (
    select md5(rule_id || chr(31) || session_id) as finding_key, rule_id, session_id, cast(hash(session_id || rule_id || 'review') % 40 as integer) as n, cast(hash(session_id) % 10 as integer) as m
    from verdict where verdict = 'violation'
),
placed as (
    select *, case when n < 5 then 'reviewed' when n = 5 then 'reopened' when n = 6 then 'second_awaited' when n = 7 then 'disagreement' else 'open' end as status
    from found
)
select
    finding_key, rule_id, session_id, status,
    case when n = 5 then ['data_error_remains', 'waiver_expired', 'verdict_changed', 'observed_changed'][1 + m % 4] end as cause,
    case n when 0 then 'not_applicable' when 1 then 'not_evaluable' when 2 then 'not_evaluable' end as counts_as,
    case when n < 8 then ['justified', 'data_error', 'rule_error', 'unjustified', 'cannot_determine', 'data_error', 'justified', 'unjustified'][1 + n] end as disposition,
    case when n < 8 then $payload || ' ' || n end as review_reason,
    case when n = 3 then 'justified' end as was,
    case when n in (4, 7) then 2 when n < 8 then 1 end as reviewers,
    case when n < 8 then 'Dr. A ' || $payload end as first_reviewer,
    case when n < 8 then 'justified' end as first_disposition,
    case when n < 8 then '2026-09-20' end as first_reviewed_at,
    case when n in (4, 7) then 'Dr. B' end as second_reviewer,
    case when n in (4, 7) then 'unjustified' end as second_disposition,
    case when n in (4, 7) then '2026-09-21T10:00' end as second_reviewed_at,
    case when n = 3 then 'Teach ' || $payload end as action,
    case when n = 3 then $payload end as owner,
    case when n = 3 then date '2026-09-25' + m end as action_due,
    cast(null as date) as action_date,
    case when n = 0 then date '2027-01-01' when n = 5 then date '2026-09-30' end as waived_until,
    case when status <> 'reviewed' then date '2026-09-28' + n end as due,
    status <> 'reviewed' and n < 10 as overdue,
    n = 3 and m < 6 as action_overdue,
    case when n = 0 then 'in_force' when n = 5 then 'expired' end as waiver
from placed;
create temp table review_past as
select 'KD-01' as rule_id, 'S' || i as session_id, '2026-05-01T08:00:00Z' as session_started_at, case when i = 0 then 'closed' else 'gone' end as status,
    'data_error' as disposition, case when i > 0 then 'compliant' end as verdict, $payload as first_reviewer, '2026-06-01' as first_reviewed_at
from range(3) as past (i);
create temp table reaudit as
select
    'KD-01' as rule_id, date '2026-04-20' as action_date, 1 as actions,
    date '2026-04-01' as before_month, 60 as before_compliant, 40 as before_violation, '1.0' as before_version,
    date '2026-05-01' as after_month, 95 as after_compliant, 5 as after_violation, '1.0' as after_version
