-- What other readings of the protocol would find on the same sessions, beside the protocol's own reading of the same question.
select
    s.reading_no,
    s.issue,
    s.question,
    s.setting,
    s.answer,
    s.meaning,
    s.is_chosen,
    s.rule_id,
    s.violation,
    s.not_evaluable,
    s.not_applicable,
    s.violation - own.violation as violation_change,
    s.not_evaluable - own.not_evaluable as not_evaluable_change
from sensitivity as s
inner join sensitivity as own on own.setting = s.setting and own.rule_id = s.rule_id and own.is_chosen
order by s.reading_no, s.rule_id
