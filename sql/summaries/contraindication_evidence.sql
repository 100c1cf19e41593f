-- What the evidence said of each contraindication, counted by session.
select rule_id, verdict, by_code, by_reading, by_form, form_conflict, form_old, sessions
from kc_evidence
order by rule_id, verdict, by_code, by_reading, by_form, form_conflict, form_old
