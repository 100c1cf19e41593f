-- All verdicts of the sessions that get a case sheet.
select
    v.session_id,
    v.rule_id,
    v.verdict,
    v.severity,
    v.observed,
    v.observed_low,
    v.observed_high,
    v.unit,
    v.limit_low,
    v.limit_high,
    v.comparator,
    v.detail,
    v.flags
from verdict as v
inner join case_session as c on c.session_id = v.session_id
order by c.case_no, v.rule_id
