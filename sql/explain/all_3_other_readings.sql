/* What each reading of the protocol that concerns a rule says about the session, the protocol's own first. */
select
    s.session_id,
    r.rule_id,
    r.issue,
    r.question,
    r.meaning as reading,
    case when r.is_chosen then 'yes' else '' end as chosen,
    case when r.is_chosen then verdict_of(s.not_in_force or s.below_age, a.applies, a.violates) else v.verdict end as verdict,
    case when r.is_chosen then a.observed_low else v.observed_low end as observed_low,
    case when r.is_chosen then a.observed_high else v.observed_high end as observed_high
from session as s
cross join sensitivity as r
left join answer as a on r.is_chosen and a.session_no = s.session_no and a.rule_id = r.rule_id
left join reading_verdict as v on not r.is_chosen and v.session_no = s.session_no and v.rule_id = r.rule_id and v.reading_no = r.reading_no
where r.is_chosen or v.session_no is not null
order by s.session_no, r.rule_id, r.reading_no
