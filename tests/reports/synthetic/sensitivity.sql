-- Two questions about how the protocol is read; one answer does not fit the other settings.
create temp table sensitivity as select * from (values
    (1, 'X1, X2', 'Over what does the maximum total dose count?', 'total.interpretation', 'session', 'over a whole session', true, 'KD-07', 700, 120, 0, 80),
    (2, 'X1, X2', 'Over what does the maximum total dose count?', 'total.interpretation', 'per_hour', 'over any 60 minutes', false, 'KD-07', 790, 20, 0, 90),
    (3, 'X4', 'Do boluses count in the total?', 'total.count_bolus', 'true', 'counted', true, 'KD-07', 700, 120, 0, 80),
    (4, 'X4', 'Do boluses count in the total?', 'total.count_bolus', 'false', 'left out', false, 'KD-07', null, null, null, null)
) as s(
    reading_no, issue, question, setting, answer, meaning, is_chosen, rule_id, compliant, violation, not_applicable, not_evaluable
)
