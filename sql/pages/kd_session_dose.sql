/* The certain dose of each session by component, in mg, and whether all of it is known. What a pump's cumulative reading holds is not parted further. */
select
    s.session_no,
    t.bolus_mg,
    t.infusion_mg,
    t.pca_mg,
    t.pump_total_mg,
    coalesce(t.mg_x3600_low = t.mg_x3600_high, false) as is_exact
from session as s
inner join session_total as t on t.session_no = s.session_no
order by s.session_no
