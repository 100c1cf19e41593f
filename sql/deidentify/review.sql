/* Where the reviews stand: dispositions and states, but nobody's words, names or dates. */
select
    md5(w.rule_id || chr(31) || i.alias) as finding_key,
    w.rule_id,
    i.alias as session_id,
    w.status,
    w.cause,
    w.counts_as,
    w.disposition,
    case when w.review_reason is not null then 'withheld' end as review_reason,
    w.was,
    cast(null as integer) as reviewers,
    case when w.first_reviewer is not null then 'withheld' end as first_reviewer,
    w.first_disposition,
    cast(null as varchar) as first_reviewed_at,
    case when w.second_reviewer is not null then 'withheld' end as second_reviewer,
    w.second_disposition,
    cast(null as varchar) as second_reviewed_at,
    case when w.action is not null then 'agreed' end as action,
    cast(null as varchar) as owner,
    cast(null as date) as action_due,
    cast(null as date) as action_date,
    cast(null as date) as waived_until,
    cast(null as date) as due,
    w.overdue,
    w.action_overdue,
    w.waiver
from review as w
inner join alias as i on i.kind = 'session' and i.original = w.session_id
order by i.alias, w.rule_id
