/* The milligrams of a session by component. */
select
    session_no,
    bolus_mg,
    infusion_mg,
    pca_mg,
    pump_total_mg,
    is_exact
from kd_session_dose
