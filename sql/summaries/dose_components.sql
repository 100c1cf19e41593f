-- How the certain milligrams of all sessions are made up, by context: bolus, infusion, PCA, and what only a pump's cumulative reading tells.
select
    coalesce(s.context, 'unknown') as context,
    count(*) as sessions,
    sum(case when d.is_exact then 0 else 1 end) as uncertain,
    count(d.bolus_mg) as with_bolus,
    count(d.infusion_mg) as with_infusion,
    count(d.pca_mg) as with_pca,
    count(d.pump_total_mg) as with_pump_total,
    coalesce(sum(d.bolus_mg), 0) as bolus_mg,
    coalesce(sum(d.infusion_mg), 0) as infusion_mg,
    coalesce(sum(d.pca_mg), 0) as pca_mg,
    coalesce(sum(d.pump_total_mg), 0) as pump_total_mg
from kd_session_dose as d
inner join session as s on s.session_no = d.session_no
group by s.context
order by context
