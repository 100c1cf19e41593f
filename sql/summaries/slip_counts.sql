-- How many doses each slip would explain; one dose may have several explanations.
select suspicion, count(*) as doses
from (
    select unnest(suspected) as suspicion
    from outlier
) as each_one
group by suspicion
order by doses desc, suspicion
