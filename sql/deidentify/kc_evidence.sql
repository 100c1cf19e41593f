/* How many sessions each combination of evidence decided: counts alone. */
select
    rule_id,
    verdict,
    by_code,
    by_reading,
    by_form,
    form_conflict,
    form_old,
    sessions
from kc_evidence
