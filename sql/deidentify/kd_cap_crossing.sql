/* Minutes until the maximum was reached. */
select
    session_no,
    minutes_to_cap,
    is_exact
from kd_cap_crossing
