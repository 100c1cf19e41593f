-- Session total against the change in pain within two weeks (lowest score), in cells of a tenth of a mg/kg and one point.
select
    cast(floor(o.total_mg_per_kg * 10) as integer) as tenth,
    cast(round(o.change_lowest) as integer) as change,
    count(*) as sessions
from report_outcome as o
where o.window_code = 'weeks' and o.change_lowest is not null and o.total_mg_per_kg is not null
group by tenth, change
order by tenth, change
