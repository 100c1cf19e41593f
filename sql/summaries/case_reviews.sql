-- What reviewers wrote about the findings of the sessions that get a case sheet.
select
    w.session_id,
    w.rule_id,
    w.status,
    w.disposition,
    w.review_reason,
    w.first_reviewer,
    w.first_disposition,
    w.first_reviewed_at,
    w.second_reviewer,
    w.second_disposition,
    w.second_reviewed_at,
    w.action,
    w.owner,
    w.action_due,
    w.action_date,
    w.waived_until,
    w.due
from review as w
inner join case_session as c on c.session_id = w.session_id
order by c.case_no, w.rule_id
