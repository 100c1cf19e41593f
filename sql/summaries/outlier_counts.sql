-- How many rows of each kind the pharmacy's worklist has.
select kind, count(*) as found, count(distinct session_id) as sessions
from outlier
group by kind
