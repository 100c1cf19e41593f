-- The concentrations charted at each site.
select site_id, mg_per_ml, sessions, site_sessions, odd is not null as is_odd
from kd_concentration
order by site_id nulls last, sessions desc, mg_per_ml
