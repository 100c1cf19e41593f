/* Which evidence spoke for or against a contraindication of a session; neither the code nor the reading itself. */
select
    session_no,
    rule_id,
    verdict,
    by_code,
    by_reading,
    by_form,
    form_conflict
from kc_session
