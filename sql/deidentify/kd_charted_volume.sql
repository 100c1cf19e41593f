/* Whether a dose was charted as a volume, and at which concentration. */
select
    session_no,
    rule_id,
    mg_per_ml,
    in_ml
from kd_charted_volume
