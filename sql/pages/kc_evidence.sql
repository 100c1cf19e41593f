/* What each kind of evidence said of each contraindication, and what became of it: the number of sessions for every combination. */
select
    rule_id,
    verdict,
    by_code,
    by_reading,
    by_form,
    form_conflict,
    form_old,
    count(*) as sessions
from kc_answered
group by rule_id, verdict, by_code, by_reading, by_form, form_conflict, form_old
order by rule_id, verdict, by_code, by_reading, by_form, form_conflict, form_old
