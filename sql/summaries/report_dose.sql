-- The view that the summaries of the dose page share: every verdict of a dose rule that concerns its session, with the context; narrow, so that the verdicts are read once.
select
    v.rule_id,
    s.session_no,
    coalesce(s.context, 'unknown') as context,
    v.verdict,
    v.grade,
    v.observed,
    v.observed_low,
    v.observed_high
from verdict as v
inner join session as s on s.session_id = v.session_id
where v.rule_id like 'KD-%' and v.verdict <> 'not_applicable'
